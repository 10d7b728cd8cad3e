// Notes the errors of Express without a line in the program: by its channel, or by its layers if it has none.
import { noteError } from "../../program/note.ts";
import { routeOf } from "../express-route.ts";
import { listen } from "./channels.ts";
import { defaultOf, type Modules } from "./modules.ts";

type Next = (error?: unknown) => unknown;

interface Layer {
  // Express 4
  handle_request?: (request: object, response: object, next: Next) => unknown;
  handle_error?: (error: unknown, request: object, response: object, next: Next) => unknown;
  // Express 5 with a router that publishes nothing
  handleRequest?: (request: object, response: object, next: Next) => unknown;
  handleError?: (error: unknown, request: object, response: object, next: Next) => unknown;
}

interface Express {
  readonly Router: Parameters &
    (() => { use(middleware: () => void): unknown; readonly stack: readonly Layer[] });
}

interface Parameters {
  // Express 4
  process_params?: (layer: object, called: object, request: object, response: object, done: Next) => unknown;
}

const patched = new WeakSet<object>();

/** Express 5 and 4, for the life of the process. */
export function observeExpress(modules: Modules): void {
  listen("tracing:express.router.request:error", ({ req, error }: { req: object; error: unknown }) => {
    note(error, req);
  });
  modules.on("express", patchExpress);
}

function patchExpress(exports: object): object {
  const { Router } = defaultOf(exports) as Express;
  const router = Router();
  router.use(() => {});
  const layer = Object.getPrototypeOf(router.stack[0]) as Layer;
  if (patched.has(layer)) return exports;
  patched.add(layer);
  const { handleRequest } = layer;
  // This one publishes its errors itself.
  if (handleRequest !== undefined && /trace/i.test(`${handleRequest}`)) return exports;
  patchRequest(layer, handleRequest === undefined ? "handle_request" : "handleRequest");
  patchError(layer, handleRequest === undefined ? "handle_error" : "handleError");
  patchParameters(Router);
  return exports;
}

function patchRequest(layer: Layer, name: "handle_request" | "handleRequest"): void {
  const original = layer[name];
  if (original === undefined) return;
  layer[name] = function handle(request, response, next) {
    return original.call(this, request, response, noting(request, next));
  };
}

function patchError(layer: Layer, name: "handle_error" | "handleError"): void {
  const original = layer[name];
  if (original === undefined) return;
  layer[name] = function handle(error, request, response, next) {
    return original.call(this, error, request, response, noting(request, next));
  };
}

/** Errors of `router.param` come to no layer. */
function patchParameters(router: Parameters): void {
  const { process_params: original } = router;
  if (typeof original !== "function") return;
  router.process_params = function process(layer, called, request, response, done) {
    return original.call(this, layer, called, request, response, noting(request, done));
  };
}

/** Whatever a layer throws or hands on comes to its `next`. */
function noting(request: object, next: Next): Next {
  return (error) => {
    note(error, request);
    return next(error);
  };
}

/** Express takes nothing falsy for an error, and two words for ways to go on. */
function note(error: unknown, request: object): void {
  if (error && error !== "route" && error !== "router") noteError(error, request, routeOf(request));
}
