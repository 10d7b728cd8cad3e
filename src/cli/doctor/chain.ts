// Checks several URLs as a chain: is each of them in the tree of the first one?
import { printable } from "../../tree/format.ts";
import { nodesOf } from "../../tree/tree.ts";
import { shownUrl } from "../target.ts";
import { answeringService, type Examination, treeOf } from "./examine.ts";
import { type Finding, note, ok } from "./finding.ts";

/** The check `chain`; empty for a single URL. */
export function chainFindings([entry, ...others]: readonly Examination[]): Finding[] {
  if (entry === undefined || others.length === 0) return [];
  const name = answeringService(entry);
  if (name === undefined) return [note("chain", "cannot be told: the first URL did not answer us")];
  const tree = treeOf(entry);
  if (tree === undefined) {
    const text = `nothing failed at ${name}, so no tree tells whether it hears of the others: name a URL that fails`;
    return [note("chain", text)];
  }
  const named = [...new Set([...nodesOf(tree.root)].map(({ service }) => printable(service)))];
  return others.map((other) => {
    const service = answeringService(other);
    if (service === undefined) {
      return note("chain", `who is at ${shownUrl(other.target.url)} is not known: it did not answer us`);
    }
    if (named.includes(service)) return ok("chain", `the tree of ${name} names ${service}`);
    // A minimal answer may have cut the name.
    const longer = named.find((one) => one.startsWith(service));
    if (longer !== undefined) {
      return note(
        "chain",
        `the tree of ${name} names ${longer}; whether that is ${service}, cut, cannot be told`,
      );
    }
    const text =
      `the tree of ${name} does not name ${service}: in that request it did not fail, was not called, was left out, or its ` +
      "caller got no answer of it (does it ask that host? OTEL_ERROR_TREE_ASK_HOSTS)";
    return note("chain", text);
  });
}
