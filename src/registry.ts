// Keeps what all copies of this package in one process share: a bundle may contain one, and node_modules two more.
import type { Code } from "./spans/code.ts";
import type { SpanRole } from "./spans/span-role.ts";
import type { ClientSide } from "./transports/http/request-guard.ts";
import type { ServerSide } from "./transports/http/server-guard.ts";
import type { ErrorTree } from "./tree/tree.ts";

/** The number is the version of the registry: copies with another version use another name, and do not see this one. */
const NAME = Symbol.for("otel-error-tree/1");

/** A running set-up, as the functions for handlers reach it. */
export interface RunningSetUp {
  /** The tree of the request that the span belongs to; `undefined` if nothing failed or if the span is not of this set-up. */
  treeSoFar(spanId: string): ErrorTree | undefined;
  /** Marks that request as failed; false if there is none. */
  fail(spanId: string, error: unknown, code: Code | undefined): boolean;
  /** Looks for the call of that request that settles a promise; the returned function is called then, and gives it the role. */
  watchCalls(spanId: string): ((role: SpanRole) => void) | undefined;
}

/** What the copies share. Anything in it may come from another version of this package, so it may be missing or throw. */
export interface Registry {
  /** Running set-ups; a span belongs to at most one of them. */
  readonly setUps: Set<RunningSetUp>;
  /** Set-ups that answer requests, the oldest first. */
  readonly servers: Set<ServerSide>;
  /** Set-ups that see the heads of requests. */
  readonly clients: Set<ClientSide>;
  /** Unsubscribes the last set-up that has ended from its channels. */
  retired?: (() => void) | undefined;
  /** One of the copies stands before the servers of the process, for all set-ups. */
  hasServerGuard: boolean;
  /** The same before the requests of node:http. */
  hasClientGuard: boolean;
}

/** The registry of the process, made at the first call. */
export function registry(): Registry {
  const found: unknown = Reflect.get(globalThis, NAME);
  if (isRegistry(found)) return found;
  const made: Registry = {
    setUps: new Set(),
    servers: new Set(),
    clients: new Set(),
    hasServerGuard: false,
    hasClientGuard: false,
  };
  Reflect.defineProperty(globalThis, NAME, { value: made, configurable: true });
  return made;
}

function isRegistry(value: unknown): value is Registry {
  if (typeof value !== "object" || value === null) return false;
  const { setUps, servers, clients } = value as Partial<Registry>;
  return [setUps, servers, clients].every((set) => set instanceof Set);
}

/**
 * Leaves the client side of a set-up that has ended on its channels until another one ends: answers to its last asks are
 * still to come, and requests that wait for a connection still carry one.
 */
export function retire(stop: () => void): void {
  const shared = registry();
  const before = shared.retired;
  if (before === stop) return;
  shared.retired = stop;
  try {
    before?.();
  } catch {
    // Another copy of this package failed to end, and there is nobody to report it to.
  }
}
