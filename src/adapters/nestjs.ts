// Notes the errors that NestJS gets from the program, where it hands them to its exception filters.
import { noteError } from "../program/note.ts";

/** Nest's own class, or anything that is called like it. */
export interface ExceptionsHandlerClass {
  readonly prototype: { next(exception: never, host: never): unknown };
}

/** What is read of the host of an exception. */
interface Host {
  getType?(): unknown;
  getArgByIndex?(index: number): unknown;
}

interface Request {
  readonly raw?: unknown;
  readonly headers?: unknown;
  readonly route?: { readonly path?: unknown };
  readonly routeOptions?: { readonly url?: unknown };
}

const observed = new WeakSet<object>();

/**
 * Gives the request's node every error that Nest gets from a guard, a pipe, an interceptor or a controller, before its exception filters
 * see it. Call it once, before the application is made:
 *
 * ```js
 * import { ExceptionsHandler } from "@nestjs/core/exceptions/exceptions-handler.js";
 * import { observeExceptions } from "otel-error-tree/nestjs";
 * observeExceptions(ExceptionsHandler);
 * ```
 */
export function observeExceptions({ prototype }: ExceptionsHandlerClass): void {
  if (observed.has(prototype)) return;
  observed.add(prototype);
  const { next } = prototype;
  prototype.next = function nextObserved(exception, host) {
    noteException(exception, host);
    return next.call(this, exception, host);
  };
}

function noteException(exception: unknown, host: Host): void {
  try {
    if (host.getType?.() !== "http") return;
    const request = host.getArgByIndex?.(0) as Request;
    // Under Fastify it is Fastify's request, which has node's beneath it.
    noteError(exception, request.raw ?? request, request.routeOptions?.url ?? request.route?.path);
  } catch {
    // Getters of the request are the program's.
  }
}
