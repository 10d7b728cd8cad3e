// Says on an exported span how many nodes of its tree are missing in the backend.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { WrittenSpan } from "../../spans/written-span.ts";
import { addWarnings } from "./warnings.ts";

const OMITTED = "error_tree.omitted";

/** The spans, with a copy of the first that says that so many more nodes are missing than it said before. */
export function withOmitted(spans: readonly ReadableSpan[], nodes: number): readonly ReadableSpan[] {
  const [first, ...rest] = spans;
  if (first === undefined || nodes === 0) return spans;
  const written = new WrittenSpan(first);
  written.addAttributes({ [OMITTED]: Number(first.attributes[OMITTED] ?? 0) + nodes });
  addWarnings(written.attributes);
  return [written, ...rest];
}
