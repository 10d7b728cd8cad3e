// Watches all calls of a copy of grpc-js: replaces the two functions by which every call goes.
import { errorMonitor } from "node:events";
import { replace } from "../http/guard.ts";
import { watchClientCall } from "./client-call.ts";
import type { ClientCall, ServerCall, ServerMethod } from "./grpc-js.ts";
import { giveTrailers, watchedCallOf, watchServerCall } from "./server-call.ts";
import { reportToAll } from "./side.ts";

/** A function of the program, of which nothing but the arguments is known. */
type Handler = (this: unknown, ...args: unknown[]) => unknown;

/** Its `Server`, as far as it is used. The list is not public. */
interface Server {
  interceptors?: unknown;
  register(...args: unknown[]): unknown;
}

interface Channel {
  createCall(...args: unknown[]): ClientCall;
}

/** A copy of grpc-js. */
interface GrpcJs {
  readonly Server?: { readonly prototype: Server };
  readonly Channel?: { readonly prototype: Channel };
}

/** Marks what has been replaced. A second copy of this package must not replace it again. */
const INSTALLED = Symbol.for("otel-error-tree grpc");

/**
 * Watches all calls that this copy of grpc-js makes and receives from now on, with clients and servers that exist already, but
 * for methods that were added to a server before. Does nothing the second time, and where grpc-js is too old for interceptors of
 * servers (1.10). Others may wrap the same functions before and after this.
 */
export function installGrpc(grpc: unknown): void {
  try {
    const { Server, Channel } = grpc as GrpcJs;
    if (Server !== undefined) installServer(Server.prototype);
    if (Channel !== undefined) installChannel(Channel.prototype);
  } catch (error) {
    reportToAll("the installation for gRPC", error);
  }
}

function installServer(prototype: Server): void {
  if (!mark(prototype)) return;
  const original = prototype.register;
  replace(prototype, {
    register(this: Server, name: unknown, handler: unknown, ...rest: unknown[]): unknown {
      intercept(this);
      const type = rest.at(2);
      const watched = typeof handler === "function" ? watchedHandler(handler as Handler, type) : handler;
      return original.call(this, name, watched, ...rest);
    },
  });
}

function installChannel(prototype: Channel): void {
  if (!mark(prototype)) return;
  const original = prototype.createCall;
  replace(prototype, {
    createCall(this: Channel, ...args: unknown[]): ClientCall {
      const call = original.apply(this, args);
      try {
        watchClientCall(call);
      } catch (error) {
        reportToAll("a new call of gRPC", error);
      }
      return call;
    },
  });
}

/** False if it was marked before. */
function mark(prototype: object): boolean {
  if (Object.hasOwn(prototype, INSTALLED)) return false;
  return Reflect.defineProperty(prototype, INSTALLED, { value: true });
}

/** Adds our interceptor to a server, next to the call: there it sees also what grpc-js sends by itself. */
function intercept(server: Server): void {
  const { interceptors } = server;
  if (Array.isArray(interceptors) && !interceptors.includes(serverInterceptor))
    server.interceptors = [serverInterceptor, ...interceptors];
}

/** Watches a received call, and returns it. */
export function serverInterceptor(method: ServerMethod, call: ServerCall): ServerCall {
  try {
    watchServerCall(method, call);
  } catch (error) {
    reportToAll("an interceptor of gRPC", error);
  }
  return call;
}

/** Watches a call that is made, and returns it. */
export function clientInterceptor<Options>(
  options: Options,
  nextCall: (options: Options) => ClientCall,
): ClientCall {
  const call = nextCall(options);
  try {
    watchClientCall(call);
  } catch (error) {
    reportToAll("an interceptor of gRPC", error);
  }
  return call;
}

/**
 * The handler of a program, which is seen to fail before the instrumentation has ended its span. The instrumentation of
 * OpenTelemetry stands around it, whichever was installed first: it wraps what `register` has kept.
 */
function watchedHandler(handler: Handler, type: unknown): Handler {
  const streams = type === "serverStream" || type === "server_stream" || type === "bidi";
  return function (this: unknown, call: unknown, callback: unknown, ...rest: unknown[]): unknown {
    const watch = watchedCallOf((call as { metadata?: unknown } | undefined)?.metadata);
    if (streams && watch !== undefined) {
      (call as NodeJS.EventEmitter).prependListener(errorMonitor, (error) => watch.handlerAnswers(error));
    }
    const answer =
      typeof callback === "function"
        ? (...results: unknown[]): unknown => {
            watch?.handlerAnswers(results[0]);
            giveTrailers(call, results[0], results[2]);
            return callback(...results);
          }
        : callback;
    try {
      return handler.call(this, call, answer, ...rest);
    } catch (error) {
      watch?.handlerThrew(error);
      throw error;
    }
  };
}
