// What somebody should know of a span before they believe it: the warnings that Jaeger shows on it.
import type { Attributes } from "@opentelemetry/api";

/**
 * Where Jaeger keeps the warnings of a span, its own ones too: a list of texts. With anything else in it Jaeger 2.13 dies
 * when it has one to add.
 */
const WARNINGS_ATTRIBUTE = "@jaeger@warnings";

/**
 * The attribute by which such spans are searched, and its warning. Always the same words, and nothing in them that comes
 * from a peer or a program: where a redactor finds a secret in a list, it makes a text of the list.
 */
const WARNINGS: readonly (readonly [attribute: string, text: string])[] = [
  ["error_tree.omitted", "the error tree leaves failed operations out: error_tree.omitted says how many"],
  ["error_tree.late", "more came to light after the response head was sent: callers may not know of it"],
  ["error_tree.abandoned", "the caller left before the answer was finished"],
  ["error_tree.unended", "the span had not ended when it was exported"],
  ["error_tree.unanswered", "no answer came: what the callee did is here only where it exported that itself"],
  [
    "error_tree.opaque",
    "the answer told no error tree: what failed there is here only where it was exported there",
  ],
  ["error_tree.synthesized", "the service did not export this: written from what it told its caller"],
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
