// Reads a tree from a header value that a person or a program has.

import type { ErrorTree } from "../tree/tree.ts";
import { createAnswerCodec } from "../wire/answer-codec.ts";

/**
 * The tree in the value of an `x-error-tree` response field. Its `traceId` is empty, because the value does not contain it. If
 * the response had no room for the tree, the result is one node with the code, and `omitted`.
 *
 * @returns `undefined` if the value is not an answer that we understand, or says that nothing failed
 */
export function readErrorTree(value: string): ErrorTree | undefined {
  const outcome = createAnswerCodec().decode(value, undefined, "");
  return typeof outcome === "string" ? undefined : outcome.tree;
}
