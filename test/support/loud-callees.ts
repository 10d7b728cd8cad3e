// Callees that answer with much: what tests of the bounds are fed with.
import { type Context, SpanKind } from "@opentelemetry/api";
import type { Span } from "@opentelemetry/sdk-trace";
import { type ErrorTree, nodesOf, type TreeNode } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { node } from "./nodes.ts";
import type { Bench } from "./sdk.ts";

const STUB = { kind: "server", startMs: 0, durationMs: 1 } as const;

/** A node as a callee tells it: the span behind it is nobody's but ours to write. */
export function toldNode(
  operation: string,
  children: readonly TreeNode[] = [],
  fields: Partial<TreeNode> = {},
): TreeNode {
  return node("callee", { operation, stub: STUB, ...fields }, ...children);
}

/** A node with so many beneath it, all different. */
export function wideAnswer(name: string, nodes: number, fields: Partial<TreeNode> = {}): TreeNode {
  const children = Array.from({ length: nodes - 1 }, (_, i) => toldNode(`${name}.${i}`, [], fields));
  return toldNode(name, children);
}

/** So many nodes in one line. */
export function deepAnswer(name: string, nodes: number): TreeNode {
  let node = toldNode(`${name}.cause`);
  for (let i = 1; i < nodes; i++) node = toldNode(`${name}.${nodes - i}`, [node]);
  return node;
}

/** Calls at one time, each of which got an answer; they have ended unless `live`. */
export function callAll(
  bench: Bench<unknown>,
  parent: Context,
  answers: readonly Answer[],
  live = false,
): Span[] {
  const spans = answers.map(() => bench.child(parent, "GET", SpanKind.CLIENT).span);
  for (const [i, span] of spans.entries()) {
    const answer = answers[i] as Answer;
    const status = answer.code === "ok" ? 200 : 500;
    bench.calls.responded(span.spanContext().spanId, status, answer, undefined);
    span.setAttribute("http.response.status_code", status);
    if (status === 500) span.setStatus({ code: 2 });
    if (!live) span.end();
  }
  return spans;
}

/**
 * All that failed, as far as a tree knows: the nodes that it tells, each as often as it and the nodes above it stand for
 * others, and those that it left out.
 */
export function toldAndOmitted({ root, omitted }: ErrorTree): number {
  let told = 0;
  const todo = [{ node: root, times: 1 }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const times = next.times * next.node.count;
    told += times;
    // A call that still runs has not failed.
    for (const node of next.node.children) if (!node.pending) todo.push({ node, times });
  }
  return told + omitted;
}

/** True if something in the tree was exported. */
export function tellsExport({ root }: ErrorTree): boolean {
  return [...nodesOf(root)].some((node) => node.exported);
}
