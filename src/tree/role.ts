// The place of a service's part in its trace.

/**
 * Role of a fragment in its trace: `root` has no remote parent, `asked` has one that asked for the tree, `detached` has one
 * that did not ask.
 */
export type Role = "root" | "asked" | "detached";
