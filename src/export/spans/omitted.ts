// Says on an exported span how many nodes of its tree are missing in the backend.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { withWarnings } from "./warnings.ts";

const OMITTED = "error_tree.omitted";

/** The spans, the first of which says that so many more nodes are missing than it said before. */
export function withOmitted(spans: readonly ReadableSpan[], nodes: number): readonly ReadableSpan[] {
  const [first, ...rest] = spans;
  if (first === undefined || nodes === 0) return spans;
  const { [OMITTED]: before = 0, ...attributes } = first.attributes;
  const value = withWarnings({ ...attributes, [OMITTED]: Number(before) + nodes });
  return [Object.create(first, { attributes: { value, enumerable: true } }), ...rest];
}
