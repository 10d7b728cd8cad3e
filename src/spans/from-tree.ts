// Recognises errors that were made of an error tree, by every copy of this package: what they say stands in the tree already.

/** The key of the id of the tree's trace, in an error that was made of it. */
export const FROM_TREE: unique symbol = Symbol.for("otel-error-tree/from-tree") as never;

/** The id of the trace that an error was made of, perhaps empty; `undefined` for any other value. May throw: a proxy is the program's. */
export function traceOfTreeError(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const traceId = (error as { [FROM_TREE]?: unknown })[FROM_TREE];
  return typeof traceId === "string" ? traceId : undefined;
}

/** True for an error that was made of an error tree. May throw, as above. */
export function isTreeError(error: unknown): boolean {
  return traceOfTreeError(error) !== undefined;
}
