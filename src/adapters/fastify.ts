// Notes the errors that Fastify gets from the program, by a hook of the instance.
import { noteRequestError } from "./note-fastify.ts";

/** What is used of an instance of Fastify 4 or 5. */
export interface FastifyLike {
  addHook(
    name: "onError",
    hook: (request: never, reply: never, error: never, done: () => void) => void,
  ): unknown;
}

/**
 * A plugin that gives the request's node the error of a handler, a hook or the validation, and changes nothing else. Register it
 * before the routes:
 *
 * ```js
 * app.register(errorTree);
 * ```
 *
 * An error counts only if the request fails: not if an error handler answers with a status below 400.
 */
export function errorTree(instance: FastifyLike, _options: unknown, done: () => void): void {
  instance.addHook("onError", (request: unknown, _reply: unknown, error: unknown, next: () => void) => {
    noteRequestError(request, error);
    next();
  });
  done();
}

// The hook holds for the whole instance, not for the plugin alone. Source: fastify-plugin.
Object.defineProperty(errorTree, Symbol.for("skip-override"), { value: true });
Object.defineProperty(errorTree, Symbol.for("fastify.display-name"), { value: "otel-error-tree" });
