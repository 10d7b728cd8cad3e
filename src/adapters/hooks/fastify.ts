// Notes errors and routes of Fastify without a line in the program: by its channels.
import { noteRoute } from "../../program/note.ts";
import { errorTree, type FastifyLike } from "../fastify.ts";
import { noteRequestError } from "../note-fastify.ts";
import { listen } from "./channels.ts";

interface Handled {
  readonly request: { readonly raw?: unknown };
  readonly error: unknown;
  readonly route?: { readonly url?: unknown };
}

/** Fastify 5, for the life of the process. */
export function observeFastify(): void {
  listen("tracing:fastify.request.handler:start", ({ request, route }: Handled) => {
    noteRoute(route?.url, request.raw);
  });
  listen("tracing:fastify.request.handler:error", ({ request, error }: Handled) => {
    noteRequestError(request, error);
  });
  // Errors of hooks and of the validation come to no channel.
  listen("fastify.initialization", ({ fastify }: { fastify: FastifyLike }) => {
    errorTree(fastify, undefined, () => {});
  });
}
