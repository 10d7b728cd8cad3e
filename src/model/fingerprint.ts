// A 64-bit hash of a tree's shape, the same for every request that fails in the same way.
import type { TreeNode } from "./tree.ts";

const PRIME = 0x100000001b3n;
const OFFSET = 0xcbf29ce484222325n;
const MASK = 0xffffffffffffffffn;

/**
 * 16 hex digits over service, operation, code and error type of every node: no messages, no ids, equal siblings once and
 * in no order, so that two requests which failed alike have one fingerprint.
 *
 * Source: the FNV-1a hash, draft-eastlake-fnv.
 */
export function fingerprintOf(root: TreeNode): string {
  const order = [root];
  for (let i = 0; i < order.length; i++) {
    for (const child of (order[i] as TreeNode).children) order.push(child);
  }
  const hashes = new Map<TreeNode, bigint>();
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] as TreeNode;
    let hash = OFFSET;
    for (const field of [node.service, node.operation, node.code, node.errorType ?? ""]) {
      hash = hashText(hash, field);
    }
    const beneath = new Set<bigint>();
    for (const child of node.children) beneath.add(hashes.get(child) as bigint);
    for (const child of [...beneath].sort((a, b) => (a < b ? -1 : 1))) {
      hash = hashText(hash, child.toString(16));
    }
    hashes.set(node, hash);
  }
  return (hashes.get(root) as bigint).toString(16).padStart(16, "0");
}

/** Hashes UTF-16 units and an end mark, so that no two lists of texts run together. */
function hashText(seed: bigint, text: string): bigint {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = ((hash ^ BigInt(text.charCodeAt(i))) * PRIME) & MASK;
  return ((hash ^ 0x1fn) * PRIME) & MASK;
}
