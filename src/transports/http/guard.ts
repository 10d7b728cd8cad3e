// Puts functions of ours before node's own, once for all set-ups of the process.
import type { Registry } from "../../registry.ts";

/** What a set-up brings to a guard. */
interface Side {
  /** Something of ours failed: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
}

/** Adds a set-up to those behind a guard until the returned function is called; the guard is made for the first one. */
export function joinGuard<T extends Side>(
  shared: Registry,
  guard: "servers" | "clients" | "grpc" | "http2Servers",
  side: T,
  make: (sides: ReadonlySet<T>) => void,
): () => void {
  const sides = shared[guard] as Set<T>;
  sides.add(side);
  if (!shared.guards.has(guard)) {
    shared.guards.add(guard);
    make(sides);
  }
  return () => {
    sides.delete(side);
  };
}

/** Replaces functions without an assignment, which throws on what is read-only; false if that cannot be done. */
export function replace(object: object, functions: object): boolean {
  return Object.entries(functions).every(([name, value]) =>
    Reflect.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true }),
  );
}

/** Reports a failure to a set-up. It may come from another copy of this package and throw; nobody could report that. */
export function report(side: Side, place: string, error: unknown): void {
  try {
    side.failed(place, error);
  } catch {
    // The other set-ups go on.
  }
}
