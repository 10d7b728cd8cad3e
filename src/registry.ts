// Keeps what all copies of this package in one process share: a bundle may bring one, and node_modules two more.
import type { Code } from "./spans/code.ts";
import type { SpanRole } from "./spans/span-role.ts";
import type { ClientSide } from "./transports/http/request-guard.ts";
import type { ServerSide } from "./transports/http/server-guard.ts";
import type { ErrorTree } from "./tree/tree.ts";

/** The number is that of the form: copies that share another form have another name for it, and do not meet. */
const NAME = Symbol.for("otel-error-tree/1");

/** A set-up that collects, as a program's handlers reach it. */
export interface RunningSetUp {
  /** The tree of the request that the span belongs to, as far as something failed; `undefined` when it is no span of this set-up. */
  treeSoFar(spanId: string): ErrorTree | undefined;
  /** Marks that request as failed; false when there is none. */
  fail(spanId: string, error: unknown, code: Code | undefined): boolean;
  /** Looks for the call of that request that settles a promise; what is returned gives it a role when it has. */
  watchCalls(spanId: string): ((role: SpanRole) => void) | undefined;
}

/** What the copies share. Whatever is in it may come from another version of this package: nothing is to be relied on. */
export interface Registry {
  /** Set-ups that collect; a span belongs to at most one of them. */
  readonly setUps: Set<RunningSetUp>;
  /** Set-ups that answer requests, the oldest first. */
  readonly servers: Set<ServerSide>;
  /** Set-ups that see the heads of requests. */
  readonly clients: Set<ClientSide>;
  /** Takes the last set-up that has ended off its channels. */
  retired?: (() => void) | undefined;
  /** One of the copies stands before the servers of the process, for all set-ups. */
  hasServerGuard: boolean;
  /** The same before the requests of node:http. */
  hasClientGuard: boolean;
}

/** The registry of the process; made when nobody has made it so far. */
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
    // Another copy of this package failed to end; nobody is left to be told.
  }
}
