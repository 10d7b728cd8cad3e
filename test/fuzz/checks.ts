// What must hold of everything that a reader understood.

import { CODES } from "../../src/spans/code.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import { type Limits, MAX_COUNT } from "../../src/wire/limits.ts";
import type { Answer, Ask } from "../../src/wire/messages.ts";

/** Something that must hold does not. */
class FuzzFault extends Error {
  override readonly name = "FuzzFault";
  readonly code = "FUZZ";
}

export function ensure(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new FuzzFault(problem);
}

/** A tree keeps its limits, and says nothing that it must not. */
export function checkTree(root: TreeNode, omitted: number, limits: Limits): void {
  ensure(omitted >= 0 && isCount(omitted + 1), `${omitted} omitted`);
  const todo = [root];
  const depths = [1];
  let nodes = 0;
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    const depth = depths.pop() as number;
    ensure(++nodes <= limits.nodes, "too many nodes");
    ensure(depth <= limits.depth, "too deep");
    checkNode(node, limits.stringChars);
    for (const child of node.children) {
      todo.push(child);
      depths.push(depth + 1);
    }
  }
}

function checkNode(node: TreeNode, chars: number): void {
  const {
    service,
    operation,
    message,
    errorType,
    at,
    peer,
    frames = [],
    causes = [],
    code,
    count,
    hops,
    stub,
  } = node;
  for (const text of [service, operation, message, errorType, at, peer, ...frames, ...causes])
    ensure(text === undefined || (typeof text === "string" && text.length <= chars), "a string too long");
  ensure(Object.hasOwn(CODES, code), `no code: ${code}`);
  ensure(isCount(count) && (hops === undefined || isCount(hops)), "no count");
  const { startMs = 0, durationMs = 0 } = stub ?? {};
  ensure(isCount(startMs + 1) && isCount(durationMs + 1), "no time");
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 1 && number <= MAX_COUNT + 1;
}

export function checkOutcome({ code, exported, service, tree }: Answer, limits: Limits): void {
  ensure(Object.hasOwn(CODES, code), `no code: ${code}`);
  ensure(typeof exported === "boolean" && typeof service === "string", "a wrong type");
  if (tree !== undefined) checkTree(tree.root, tree.omitted, limits);
}

export function checkAsk({ id, from, key, json }: Ask): void {
  ensure(id === undefined ? json : /^[0-9a-f]{16}$/.test(id), `no id: ${id}`);
  ensure((from ?? "").length <= 64 && (key ?? "").length <= 512, "too long");
}
