// Reading a tree from a header value that a person or a program holds.

import type { ErrorTree } from "../tree/tree.ts";
import { createAnswerCodec } from "../wire/answer-codec.ts";

/**
 * The tree in the value of an `x-error-tree` response field. Its `traceId` is empty: the value does not repeat it. An
 * answer that had no room for its tree gives one node with the code and `omitted`.
 *
 * @returns `undefined` where the value is no answer that we understand, or says that nothing failed
 */
export function readErrorTree(value: string): ErrorTree | undefined {
  const outcome = createAnswerCodec().decode(value, undefined, "");
  return typeof outcome === "string" ? undefined : outcome.tree;
}
