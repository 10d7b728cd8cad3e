// Declares how modules of the program are looked at when it loads them, and replaces what they export.

/** Shows modules when the program loads them. */
export interface Modules {
  /** Calls `see` with what the package exports; what that returns takes its place. */
  on(name: string, see: (exported: never) => unknown): void;
}

/** What a module of CommonJS exports: an ES module sees it as `default`. */
export function defaultOf(exports: unknown): unknown {
  const { default: own } = exports as { default?: unknown };
  const isModule = (exports as Record<symbol, unknown>)[Symbol.toStringTag] === "Module";
  return isModule && own !== undefined ? own : exports;
}

/** The module with another value under this name; a copy if its exports are fixed. */
export function withExport(exports: object, name: string, value: unknown): object {
  try {
    (exports as Record<string, unknown>)[name] = value;
    if ((exports as Record<string, unknown>)[name] === value) return exports;
  } catch {
    // Compiled modules export by getters.
  }
  const descriptors = Object.getOwnPropertyDescriptors(exports);
  const copied = { ...descriptors, [name]: { value, enumerable: true, configurable: true, writable: true } };
  return Object.create(Object.getPrototypeOf(exports), copied) as object;
}
