// The marks of a node: the bits of `outcomes` in `error-tree.proto` above the code.
import type { TreeNode } from "../../tree/tree.ts";
import type { Draft } from "../draft.ts";

/** The marks by their bits, from bit 5 on. */
export const MARKS = [
  "exported",
  "survived",
  "unanswered",
  "opaque",
  "abandoned",
  "mixed",
  "own",
  "unsure",
  "pending",
  "way",
] as const;
export type Mark = (typeof MARKS)[number];

/** The marks of a node as bits. Written out: a loop over the names took a third of the time of writing a tree. */
export function marksOf(node: TreeNode): number {
  return (
    (node.exported ? 1 << 5 : 0) |
    (node.survived ? 1 << 6 : 0) |
    (node.unanswered ? 1 << 7 : 0) |
    (node.opaque ? 1 << 8 : 0) |
    (node.abandoned ? 1 << 9 : 0) |
    (node.mixed ? 1 << 10 : 0) |
    (node.own ? 1 << 11 : 0) |
    (node.unsure ? 1 << 12 : 0) |
    (node.pending ? 1 << 13 : 0) |
    (node.way ? 1 << 14 : 0)
  );
}

/** Sets the marks whose bits are set; others may be those of a later writer. */
export function setMarks(node: Draft, bits: number): void {
  if (bits & (1 << 5)) node.exported = true;
  if (bits & (1 << 6)) node.survived = true;
  if (bits & (1 << 7)) node.unanswered = true;
  if (bits & (1 << 8)) node.opaque = true;
  if (bits & (1 << 9)) node.abandoned = true;
  if (bits & (1 << 10)) node.mixed = true;
  if (bits & (1 << 11)) node.own = true;
  if (bits & (1 << 12)) node.unsure = true;
  if (bits & (1 << 13)) node.pending = true;
  if (bits & (1 << 14)) node.way = true;
}
