// Prints a tree as JSON for programs.
import { reasonsIn } from "../../tree/explain.ts";
import { printableJson } from "../../tree/format.ts";
import {
  driftOf,
  type ErrorTree,
  nodesOf,
  originOf,
  rootCauseOf,
  type TreeNode,
  verdictOf,
} from "../../tree/tree.ts";
import { shownSpanId } from "../shared-ids.ts";

/** Members in the order in which they are printed. */
const FIELDS = [
  "at",
  "peer",
  "errorType",
  "message",
  "frames",
  "causes",
  "count",
  "attempt",
  "unanswered",
  "opaque",
  "abandoned",
  "survived",
  "own",
  "unsure",
  "way",
  "pending",
  "pendingMs",
  "hops",
  "mixed",
] as const satisfies readonly (keyof TreeNode)[];

/** The tree with everything that is derived from it: verdict, cause, origin, drift. */
export function treeToJson(tree: ErrorTree, incomplete: boolean, explain = false): Record<string, unknown> {
  const cause = rootCauseOf(tree.root);
  return {
    traceId: tree.traceId,
    verdict: verdictOf(tree.root),
    cause: [cause.node.service, cause.node.operation, ...(cause.ambiguous ? ["ambiguous"] : [])],
    omitted: tree.omitted,
    ...(incomplete ? { incomplete } : undefined),
    root: nodeToJson(tree.root, explain ? reasonsIn(tree.root) : undefined),
  };
}

/** A trace in which nothing failed. */
export function soundTraceToJson(traceId: string, incomplete: boolean): Record<string, unknown> {
  return { traceId, verdict: "ok", omitted: 0, ...(incomplete ? { incomplete } : undefined), root: null };
}

/**
 * JSON text of a value that may be nested as deeply as a trace: `JSON.stringify` recurses, and depth is the input's
 * choice. Only `children` nest deeply, so only they are walked by hand. It steers no terminal.
 */
export function deepStringify(value: Record<string, unknown>): string {
  const parts: string[] = [];
  const todo: (string | Record<string, unknown>)[] = [value];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (typeof next === "string") {
      parts.push(next);
      continue;
    }
    const after: (string | Record<string, unknown>)[] = [];
    let separator = "{";
    for (const [key, member] of Object.entries(next)) {
      const name = `${separator}${JSON.stringify(key)}:`;
      separator = ",";
      if (key === "root" && typeof member === "object" && member !== null) {
        after.push(name, member as Record<string, unknown>);
      } else if (key === "children") {
        after.push(`${name}[`);
        (member as Record<string, unknown>[]).forEach((child, i) => {
          if (i > 0) after.push(",");
          after.push(child);
        });
        after.push("]");
      } else {
        after.push(name + JSON.stringify(member));
      }
    }
    after.push("}");
    for (let i = after.length - 1; i >= 0; i--) todo.push(after[i] as string | Record<string, unknown>);
  }
  return printableJson(parts.join(""));
}

/** Iterative, children before parents: a trace may be deeper than our stack. */
function nodeToJson(
  root: TreeNode,
  reasons: ReadonlyMap<TreeNode, readonly string[]> | undefined,
): Record<string, unknown> {
  const done = new Map<TreeNode, Record<string, unknown>>();
  for (const node of [...nodesOf(root)].reverse()) {
    const { service, operation, spanId, code } = node;
    const json: Record<string, unknown> = { service, operation };
    if (spanId !== undefined) json.spanId = shownSpanId(spanId);
    json.code = code;
    json.origin = originOf(node);
    for (const field of FIELDS) if (node[field] !== undefined) json[field] = node[field];
    if (node.exported) json.forced = true;
    const drift = driftOf(node);
    if (drift.length > 0) json.drift = drift;
    const because = reasons?.get(node);
    if (because !== undefined) json.because = because;
    json.children = node.children.map((child) => done.get(child));
    done.set(node, json);
  }
  return done.get(root) as Record<string, unknown>;
}
