// Keeps what all copies of this package in one process share: a bundle may contain one, and node_modules two more.

/** The number is the version of the registry: copies with another version use another name, and do not see this one. */
const NAME = Symbol.for("otel-error-tree/1");

/**
 * What the copies share. Anything in it may come from another version of this package, so it may be missing or throw. Who
 * reads a set knows what stands in it.
 */
export interface Registry {
  /** Running set-ups; a span belongs to at most one of them. */
  readonly setUps: Set<object>;
  /** Set-ups that answer requests, the oldest first. */
  readonly servers: Set<object>;
  /** Set-ups that see the heads of requests. */
  readonly clients: Set<object>;
  /** Set-ups that see calls of gRPC, on both sides. */
  readonly grpc: Set<object>;
  /** The same for node:http2. */
  readonly http2Servers: Set<object>;
  readonly http2Clients: Set<object>;
  /** Unsubscribes the last set-up that has ended from its channels. */
  retired?: (() => void) | undefined;
  /** Of which of these sets one of the copies has made the guard, for all set-ups. */
  readonly guards: Set<string>;
  /** Warnings that the process has shown. */
  readonly warned: Set<string>;
  /** True if warnings for the log are warnings of the process as long as there is no logger. */
  isAloud?: boolean;
  /** Functions of the program that get failed requests. */
  failureListeners?: Set<unknown>;
}

/** The registry of the process, made at the first call. */
export function registry(): Registry {
  const found: unknown = Reflect.get(globalThis, NAME);
  if (isRegistry(found)) return found;
  const made: Registry = {
    setUps: new Set(),
    servers: new Set(),
    clients: new Set(),
    grpc: new Set(),
    http2Servers: new Set(),
    http2Clients: new Set(),
    guards: new Set(),
    warned: new Set(),
  };
  Reflect.defineProperty(globalThis, NAME, { value: made, configurable: true });
  return made;
}

function isRegistry(value: unknown): value is Registry {
  if (typeof value !== "object" || value === null) return false;
  const { setUps, servers, clients, grpc, http2Servers, http2Clients, guards, warned } =
    value as Partial<Registry>;
  const all = [setUps, servers, clients, grpc, http2Servers, http2Clients, guards, warned];
  return all.every((set) => set instanceof Set);
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
