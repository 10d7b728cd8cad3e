// Notes errors and routes of Hono without a line in the program: every application begins with our middleware.
import { errorTree, type HonoMiddleware } from "../hono.ts";
import { type Modules, withExport } from "./modules.ts";

type HonoClass = new (...args: never[]) => { use(path: string, middleware: HonoMiddleware): unknown };

const observed = new WeakMap<object, HonoClass>();

/** Hono 4, for the life of the process. */
export function observeHono(modules: Modules): void {
  for (const name of ["hono", "hono/tiny", "hono/quick"]) modules.on(name, patchHono);
}

function patchHono(exports: { readonly Hono?: HonoClass }): object {
  const { Hono } = exports;
  if (typeof Hono !== "function") return exports;
  const known = observed.get(Hono);
  if (known === Hono) return exports;
  return withExport(exports, "Hono", known ?? observedClass(Hono));
}

/** The class whose instances have our middleware first. It stands for the other in every way. */
function observedClass(Hono: HonoClass): HonoClass {
  const made: HonoClass = new Proxy(Hono, {
    construct(target, args, newTarget) {
      const app = Reflect.construct(
        target,
        args,
        newTarget === made ? target : newTarget,
      ) as InstanceType<HonoClass>;
      app.use("*", errorTree());
      return app;
    },
  });
  observed.set(Hono, made);
  observed.set(made, made);
  return made;
}
