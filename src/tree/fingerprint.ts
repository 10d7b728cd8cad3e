// Computes a 64-bit hash of a tree's shape, the same for every request that fails in the same way.
import { Hash64 } from "../spans/hash.ts";
import type { TreeNode } from "./tree.ts";

/**
 * 16 hex digits over service, operation, code and error type of every node: no messages, no ids, equal siblings once and
 * in no order, so that two requests which failed alike have one fingerprint.
 */
export function fingerprintOf(root: TreeNode): string {
  const order = [root];
  for (let i = 0; i < order.length; i++) {
    for (const child of (order[i] as TreeNode).children) order.push(child);
  }
  const hashes = new Map<TreeNode, string>();
  for (let i = order.length - 1; i >= 0; i--) {
    const { service, operation, code, errorType, children } = order[i] as TreeNode;
    const hash = new Hash64()
      .text(service)
      .text(operation)
      .text(code)
      .text(errorType ?? "");
    const beneath = new Set<string>();
    for (const child of children) if (!child.pending) beneath.add(hashes.get(child) as string);
    // As numbers are written: without the zeros in front.
    for (const child of [...beneath].sort()) hash.text(child.replace(/^0+(?=.)/, ""));
    hashes.set(order[i] as TreeNode, hash.hex());
  }
  return hashes.get(root) as string;
}
