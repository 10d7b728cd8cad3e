// Notes errors and routes of Hono without a line in the program: handlers are observed where a router takes them.
import { type HonoContext, noteErrorOf, noteRouteOf } from "../note-hono.ts";
import { observed } from "../returned.ts";
import type { Modules } from "./modules.ts";

type Handler = (context: HonoContext, next: unknown) => unknown;

interface Router {
  add(method: string, path: string, handler: unknown): unknown;
}

type RouterClass = new (...args: unknown[]) => Router;
type HonoClass = new () => { readonly router: Router };

const ROUTERS = ["RegExpRouter", "SmartRouter", "TrieRouter", "LinearRouter", "PatternRouter"] as const;

const patched = new WeakSet<object>();
const made = new WeakSet<object>();

/** Hono 4, for the life of the process. */
export function observeHono(modules: Modules): void {
  for (const name of ["hono", "hono/tiny", "hono/quick"])
    modules.on(name, (exports: { readonly Hono?: HonoClass }) => {
      if (typeof exports.Hono === "function") patchRouter(Object.getPrototypeOf(new exports.Hono().router));
      return exports;
    });
  for (const name of ROUTERS)
    modules.on(
      `hono/router/${name.replace(/\B(?=[A-Z](?=[a-z]))/g, "-").toLowerCase()}`,
      (exports: { readonly [name: string]: RouterClass | undefined }) => {
        if (typeof exports[name] === "function") patchRouter(exports[name].prototype);
        return exports;
      },
    );
}

function patchRouter(router: Router): void {
  if (patched.has(router)) return;
  patched.add(router);
  const { add } = router;
  router.add = function addObserved(method, path, handler) {
    return add.call(this, method, path, observedEntry(handler));
  };
}

/** Hono gives its routers a handler beside its route. The route keeps the program's own one. */
function observedEntry(entry: unknown): unknown {
  if (!Array.isArray(entry) || entry.length !== 2) return entry;
  const [handler, route] = entry as [unknown, { readonly handler?: unknown } | undefined];
  // Routers may be used without Hono, and one within another.
  if (typeof handler !== "function" || route?.handler !== handler || made.has(handler)) return entry;
  return [observedHandler(handler as Handler), route];
}

function observedHandler(handler: Handler): Handler {
  const handle: Handler = function handle(this: unknown, context, next) {
    const settled = (failure?: { readonly thrown: unknown }): void => {
      // An application within another may have answered for its error itself.
      const { error } = context;
      if (failure !== undefined) noteErrorOf(context, failure.thrown);
      else if (error !== undefined) noteErrorOf(context, error);
    };
    noteRouteOf(context);
    let returned: unknown;
    try {
      returned = handler.call(this, context, next);
    } catch (thrown) {
      settled({ thrown });
      throw thrown;
    }
    const result = observed(returned, settled);
    if (result === returned) settled();
    return result;
  };
  made.add(handle);
  return handle;
}
