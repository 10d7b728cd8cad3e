// Adds the warnings that Jaeger shows on a span: what is missing on it, and what its service did not record.
import type { Attributes } from "@opentelemetry/api";

/**
 * The attribute in which Jaeger keeps the warnings of a span, its own included: a list of texts. If it holds anything else,
 * Jaeger 2.13 crashes when it adds a warning.
 */
const WARNINGS_ATTRIBUTE = "@jaeger@warnings";

/**
 * The attribute by which such spans are found, and its warning. The texts are constant, because a redactor in the pipeline
 * that finds a secret in a list replaces the list with one text.
 */
const WARNINGS: readonly (readonly [attribute: string, text: string])[] = [
  ["error_tree.omitted", "failed operations are missing in the error tree: error_tree.omitted says how many"],
  ["error_tree.late", "more was found after the response head was sent: callers may not know of it"],
  ["error_tree.abandoned", "the caller left before the answer was finished"],
  ["error_tree.unended", "the span had not ended when it was exported"],
  [
    "error_tree.unanswered",
    "no answer arrived: what the callee did is shown only if it exported that itself",
  ],
  [
    "error_tree.opaque",
    "the answer carried no error tree: failures of the callee are shown only if it exported them",
  ],
  [
    "error_tree.synthesized",
    "the service did not export this span: it is written from its answer to the caller",
  ],
  ["error_tree.count", "one span for several equal failures: error_tree.count says how many"],
  ["error_tree.hops", "spans between this one and the one above are left out: error_tree.hops says how many"],
];

/** Adds a warning for each of the attributes that needs one, after those that are there already. */
export function addWarnings(attributes: Attributes): void {
  const texts: string[] = [];
  for (const [attribute, text] of WARNINGS) {
    const value = attributes[attribute];
    if (value === true || typeof value === "number") texts.push(text);
  }
  if (texts.length === 0) return;
  const before = [attributes[WARNINGS_ATTRIBUTE] ?? []].flat().map(String);
  attributes[WARNINGS_ATTRIBUTE] = [...new Set([...before, ...texts])];
}
