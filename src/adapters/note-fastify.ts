// Notes an error of a request of Fastify.
import { noteError } from "../program/note.ts";

/** What is read of a request. */
interface Request {
  readonly raw?: unknown;
  readonly routeOptions?: { readonly url?: unknown };
}

/** Notes an error of a request. Never throws. */
export function noteRequestError(request: unknown, error: unknown): void {
  try {
    const { raw, routeOptions } = request as Request;
    noteError(error, raw, routeOptions?.url);
  } catch {
    // Getters of the request are the program's.
  }
}
