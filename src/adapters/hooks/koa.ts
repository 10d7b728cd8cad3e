// Notes the errors of Koa without a line in the program: its middlewares are observed where an application composes them.
import { observedCall } from "../note-koa.ts";
import { defaultOf, type Modules } from "./modules.ts";

type Middleware = (context: object, next: unknown) => unknown;

interface Koa {
  middleware: readonly Middleware[];
  callback(): unknown;
}

const patched = new WeakSet<object>();
const observing = new WeakMap<Middleware, Middleware>();

/** Koa 2 and 3, for the life of the process. */
export function observeKoa(modules: Modules): void {
  modules.on("koa", patchKoa);
}

function patchKoa(exports: object): object {
  const { prototype } = defaultOf(exports) as { readonly prototype: Koa };
  if (patched.has(prototype)) return exports;
  patched.add(prototype);
  const { callback } = prototype;
  prototype.callback = function callbackObserved(this: Koa) {
    const { middleware } = this;
    // Only while it composes them: the program finds its own ones.
    this.middleware = eachObserved(middleware);
    try {
      return callback.call(this);
    } finally {
      this.middleware = middleware;
    }
  };
  return exports;
}

/** The same list, also if the program adds to it later. */
function eachObserved(middlewares: readonly Middleware[]): readonly Middleware[] {
  if (Object.isFrozen(middlewares)) return middlewares.map(observedOf);
  return new Proxy(middlewares, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return typeof name === "string" && /^\d+$/.test(name) && typeof value === "function"
        ? observedOf(value as Middleware)
        : value;
    },
  });
}

function observedOf(middleware: Middleware): Middleware {
  let made = observing.get(middleware);
  if (made === undefined) {
    made = new Proxy(middleware, {
      apply: (target, self, args) => observedCall(args[0] as object, () => Reflect.apply(target, self, args)),
    });
    observing.set(middleware, made);
  }
  return made;
}
