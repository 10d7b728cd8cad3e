// The shape of a node while a codec builds it.
import type { TreeNode } from "../tree/tree.ts";

/** A node whose fields and children are still being filled in. */
export type Draft = { -readonly [K in keyof TreeNode]: K extends "children" ? Draft[] : TreeNode[K] };
