// Judges one response to an ask: is it as the service sent it, and is the error tree in it its own and true?
import { createHash } from "node:crypto";
import { type ErrorTree, readErrorTree, rootCauseOf, type TreeNode } from "otel-error-tree";
import type { Asked } from "./asker.ts";
import { bodyOf, causeOf, markOf, messageOf, type Plan, SERVICE, stepName } from "./plan.ts";
import type { Received } from "./receive.ts";

/** How much of the tree came, the least first. */
export const READINGS = ["nothing", "minimal", "shrunk", "whole"] as const;
export type ReadingKind = (typeof READINGS)[number];

/** Up to so many bytes of block and path a tree has room, and the minimal answer. */
const TREE_BYTES = 2_200;
const MINIMAL_BYTES = 3_200;

/** What must come at least; whoever finds more room is welcome. */
export function leastReading({ block, urlBytes }: Plan): ReadingKind {
  const used = block + urlBytes;
  if (used > MINIMAL_BYTES) return "nothing";
  return used > TREE_BYTES ? "minimal" : "shrunk";
}

/** What the asker learned. */
export interface Reading {
  readonly kind: ReadingKind;
  readonly shown: number;
  readonly omitted: number;
  /** What is wrong with it. */
  readonly wrong: readonly string[];
}

/** Status and body are those that the plan asked for. */
export function isIntact(plan: Plan, { status, sha256 }: Received): boolean {
  return status === plan.status && sha256 === createHash("sha256").update(bodyOf(plan)).digest("hex");
}

/** What came of a plan, in words. */
export function describe(plan: Plan, received: Received): string {
  const { status, problem } = received;
  if (problem !== undefined) return `no whole response, ${problem}`;
  if (status !== plan.status) return `status ${status} for ${plan.status}`;
  return isIntact(plan, received) ? `status ${status}, as sent` : `status ${status} with another body`;
}

/** True where the response was made for this very request. */
export function isOwn({ madeFor, traceId }: Asked): boolean {
  return madeFor === traceId;
}

/** True where a header value tells more than the outcome: operations, messages, who called whom. */
export function tellsTree(value: string | undefined): boolean {
  const root = value === undefined ? undefined : readErrorTree(value)?.root;
  return (
    root !== undefined && (root.operation !== "" || root.message !== undefined || root.children.length > 0)
  );
}

/** The nodes of the service behind the proxy that were read into the tree of who called it. A minimal answer may cut its name. */
export function nodesRead(tree: ErrorTree | undefined): TreeNode[] {
  return tree === undefined
    ? []
    : nodesOf(tree.root).filter(({ service }) => service !== "" && SERVICE.startsWith(service));
}

/** Compares what the asker read from its own response with what the service did. */
export function readingOf(plan: Plan, asked: Asked): Reading {
  const { value, fields, tree } = asked;
  const read = nodesRead(tree);
  const wrong: string[] = [];
  const expect = (what: string, is: unknown, should: unknown): void => {
    if (is !== should) wrong.push(`${what}: ${shown(should)} expected, ${shown(is)} came`);
  };
  if (fields > 1) wrong.push(`${fields} x-error-tree fields`);
  if (value === undefined) {
    expect("nodes read from no answer", read.length, 0);
    return { kind: "nothing", shown: 0, omitted: 0, wrong };
  }
  const sent = readErrorTree(value);
  if (plan.nodes === 1 && plan.status === 200) {
    expect("nodes where nothing failed", read.length, 0);
    return { kind: sent === undefined ? "whole" : "minimal", shown: 0, omitted: 0, wrong };
  }
  const [root] = read;
  if (sent === undefined) {
    return { kind: "nothing", shown: 0, omitted: 0, wrong: [...wrong, `not understood: ${value}`] };
  }
  if (root === undefined || tree === undefined) {
    wrong.push(`the asker's tree shows nothing of ${value}`);
    return { kind: tellsTree(value) ? "shrunk" : "minimal", shown: 0, omitted: 0, wrong };
  }
  expect("code of the root", root.code, codeOf(plan));
  expect("operation of the root", root.operation, stepName(0));
  expect("nodes shown and omitted", read.length + tree.omitted, plan.nodes);
  if (!tellsTree(value)) {
    expect("nodes of a minimal answer", read.length, 1);
    return { kind: "minimal", shown: 1, omitted: tree.omitted, wrong };
  }
  expect("what the asker read of what was sent", textOf(root), textOf(sent.root));
  const cause = causeOf(plan);
  const { node } = rootCauseOf(root);
  expect("operation of the root cause", node.operation, stepName(cause));
  expect("its code", node.code, plan.status === 200 ? "unknown" : codeOf(plan));
  if (node.message === undefined && leastReading(plan) === "shrunk")
    wrong.push("the root cause has no message");
  for (const { operation, message } of read) {
    const step = operation === stepName(0) ? 0 : Number(operation.split(" ")[1]);
    if (message !== undefined && !messageOf(asked.traceId, step).startsWith(message)) {
      wrong.push(`message of ${operation}, in trace ${markOf(asked.traceId)}: ${shown(message)}`);
    }
  }
  return {
    kind: tree.omitted === 0 ? "whole" : "shrunk",
    shown: read.length,
    omitted: tree.omitted,
    wrong,
  };
}

function codeOf({ status }: Plan): string {
  switch (status) {
    case 200:
      return "ok";
    case 404:
      return "not-found";
    case 500:
      return "internal";
    default:
      return status satisfies never;
  }
}

/** Parents before children; iterative, for the tree came from outside. */
function nodesOf(root: TreeNode): TreeNode[] {
  const nodes = [root];
  for (let i = 0; i < nodes.length; i++) nodes.push(...(nodes[i] as TreeNode).children);
  return nodes;
}

/** Everything but when the root ran, which a reader tells by its own clock. */
function textOf(root: TreeNode): string {
  return JSON.stringify({ ...root, stub: undefined });
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? "nothing";
}
