// Checks several URLs as a chain: is each of them in the tree of the first one?
import { printable } from "../../tree/format.ts";
import { nodesOf, type TreeNode } from "../../tree/tree.ts";
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
    return strangerFinding(name, service, tree.root, other);
  });
}

/** Somebody who answers us, and whom the tree does not name. */
function strangerFinding(name: string, service: string, root: TreeNode, other: Examination): Finding {
  const nodes = [...nodesOf(root)];
  if (treeOf(other) === undefined) {
    const text =
      `the tree of ${name} does not name ${service}: in that request it did not fail, was not called, was left out, or its ` +
      "caller got no answer of it (does it ask that host? OTEL_ERROR_TREE_ASK_HOSTS)";
    return note("chain", text);
  }
  const start = `the tree of ${name} does not name ${service}, which fails, too, and answers us`;
  if (nodes.some(({ opaque }) => opaque)) {
    const text =
      `${start}: ${name} called somebody and got no tree. If that was ${service}, it does not trust ${name} (set the same ` +
      "OTEL_ERROR_TREE_SECRET in both), something between takes x-error-tree off, or its host is none of those that are asked " +
      "(OTEL_ERROR_TREE_ASK_HOSTS)";
    return note("chain", text);
  }
  if (nodes.every((node) => node.service === root.service)) {
    const text =
      `${start}: if it was called, the call has no span, so the tree ends at ${name}. For fetch and undici add ` +
      "UndiciInstrumentation to the instrumentations, or start with `node --import otel-error-tree/register app.js`";
    return note("chain", text);
  }
  return note(
    "chain",
    `${start}: it was not called in that request, was left out, or failed only when we asked it`,
  );
}
