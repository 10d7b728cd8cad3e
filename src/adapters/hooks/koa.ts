// Notes the errors of Koa without a line in the program: our middleware stands in front of each one of the program.
import { errorTree, type KoaMiddleware } from "../koa.ts";
import { defaultOf, type Modules } from "./modules.ts";

interface Koa {
  readonly middleware: KoaMiddleware[];
  use(middleware: KoaMiddleware): this;
}

const patched = new WeakSet<object>();

/** Koa 2 and 3, for the life of the process. */
export function observeKoa(modules: Modules): void {
  modules.on("koa", patchKoa);
}

function patchKoa(exports: object): object {
  const { prototype } = defaultOf(exports) as { readonly prototype: Koa };
  if (patched.has(prototype)) return exports;
  patched.add(prototype);
  const { use } = prototype;
  const ours = errorTree();
  prototype.use = function useObserved(this: Koa, middleware: KoaMiddleware) {
    const before = this.middleware.length;
    const returned = use.call(this, middleware) as never;
    if (this.middleware.length === before + 1) this.middleware.splice(before, 0, ours);
    return returned;
  };
  return exports;
}
