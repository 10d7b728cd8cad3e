// Makes a real Error of an error tree: its causes cross services, and its frames say where each of them failed.
import { partsOfCause } from "../../spans/causes.ts";
import { FROM_TREE } from "../../spans/from-tree.ts";
import { causeChildOf, type ErrorTree, isFailed, rootCauseOf, type TreeNode } from "../tree.ts";
import { ErrorTexts } from "./texts.ts";
import { type ErrorTreeFacts, type TreeError, type TreeErrorParts, treeError } from "./tree-error.ts";

export type { ErrorTreeFacts, TreeError } from "./tree-error.ts";

/** Whoever prints errors follows their causes by recursion: what is deeper is left out, all but the root cause. */
const MOST_DEPTH = 32;
/** Most nodes that become errors, and most errors in the causes of their own errors. */
const MOST_NODES = 64;
const MOST_CAUSES = 16;

/**
 * The tree as an error that loggers and error trackers can show. Each failure is the `cause` of the one above it; one that
 * several may have stopped is an `AggregateError` of them. Failures that were survived or handled are no causes. If the root has
 * not failed, as that of a request that goes on, it is the error of what failed beneath.
 *
 * Type, message and frames are those of the tree. Each stack ends with the operation and its code, at `remote://service`; the
 * frames of another service begin likewise, because they name no files of this program. What ran in this process stands at
 * `local://service`. The property `errorTree` says the same as data, and the trace id. At most 64 nodes, 32 of them beneath each other, and about 65,536 UTF-16 units of text are shown; control
 * characters are written as escapes.
 */
export function errorFromTree(tree: ErrorTree): TreeError {
  const beneath = isFailed(tree.root) ? undefined : errorBeneathRoot(tree);
  if (beneath !== undefined) return beneath;
  const maker = new ErrorMaker();
  return withTrace(maker.errorOf(tree.root, 1), tree, maker.made);
}

/** The same of what stopped the root, without the root itself; `undefined` if nothing beneath it did. */
export function errorBeneathRoot(tree: ErrorTree): TreeError | undefined {
  const maker = new ErrorMaker();
  const errors = maker.errorsBeneath(tree.root, 1);
  const [error] = errors;
  if (error === undefined) return undefined;
  return withTrace(errors.length === 1 ? error : maker.errorOfAll(tree.root, errors), tree, maker.made + 1);
}

/** Makes an error the first one: it names the trace, says how much is missing, and shows that to whoever prints it. */
function withTrace(error: TreeError, { traceId, omitted, root }: ErrorTree, made: number): TreeError {
  const left = omitted + countCauses(root) - made;
  const facts = {
    ...error.errorTree,
    ...(traceId === "" ? undefined : { traceId }),
    ...(left > 0 ? { omitted: left } : undefined),
  };
  return Object.defineProperties(error, {
    errorTree: { value: facts, enumerable: true },
    [FROM_TREE]: { value: traceId },
  });
}

/** Makes the errors of one tree, as many as there is room for. */
class ErrorMaker {
  /** How many nodes have become errors. */
  made = 0;
  readonly #texts = new ErrorTexts();
  #causes = MOST_CAUSES;

  errorOf(node: TreeNode, depth: number, isLeftOut = node.hops !== undefined): TreeError {
    this.made++;
    // Texts of those above are written first: if there is no room for all, they say the most.
    const parts = this.#partsOf(node, isLeftOut);
    const inside = this.#causesInside(node, parts.facts);
    let beneath = this.errorsBeneath(node, depth);
    for (const cause of inside.toReversed()) beneath = [treeError(cause, beneath)];
    return treeError(parts, beneath);
  }

  /** The errors of what stopped a node, in the order in which it failed; those on the way to the root cause never lack room. */
  errorsBeneath(node: TreeNode, depth: number): TreeError[] {
    const causes = causesIn(node);
    if (causes.length === 0) return [];
    if (depth === MOST_DEPTH - 1) {
      const cause = rootCauseOf(node).node;
      return [this.errorOf(cause, MOST_DEPTH, cause.hops !== undefined || !causes.includes(cause))];
    }
    if (depth >= MOST_DEPTH) return [];
    const way = causeChildOf(node);
    const made = new Map<TreeNode, TreeError>();
    if (way !== undefined) made.set(way, this.errorOf(way, depth + 1));
    for (const child of causes) {
      if (child !== way && this.made < MOST_NODES) made.set(child, this.errorOf(child, depth + 1));
    }
    return causes.map((child) => made.get(child)).filter((error) => error !== undefined);
  }

  /** One error for several beneath a node that has none of its own. */
  errorOfAll(node: TreeNode, errors: readonly TreeError[]): TreeError {
    const facts = this.#factsOf(node);
    const message = `${errors.length} failures beneath ${facts.service} ${facts.operation}`;
    return treeError({ type: undefined, message, frames: [], facts }, errors);
  }

  #partsOf(node: TreeNode, isLeftOut: boolean): TreeErrorParts {
    const { message, errorType } = node;
    const texts = this.#texts;
    const facts = this.#factsOf(node);
    const type = errorType === undefined ? undefined : texts.name(errorType);
    const text = message === undefined ? texts.messageWithout(node) : texts.message(message);
    return { type, message: text, frames: texts.frames(node, isLeftOut), facts };
  }

  /** The causes of a node's own error, without those that are nodes beneath it. The tree knows no frames of them. */
  #causesInside(node: TreeNode, facts: ErrorTreeFacts): TreeErrorParts[] {
    const beneath = new Set(node.children.flatMap(({ message = "", causes = [] }) => [message, ...causes]));
    const inside: TreeErrorParts[] = [];
    for (const cause of node.causes ?? []) {
      const { type, message } = partsOfCause(cause);
      if (beneath.has(message) || beneath.has(cause) || this.#causes <= 0) continue;
      this.#causes--;
      const text = this.#texts.message(message);
      inside.push({ type, message: text, frames: this.#texts.frames({ ...node, frames: [] }, false), facts });
    }
    return inside;
  }

  #factsOf({ service, operation, code, count }: TreeNode): ErrorTreeFacts {
    const texts = this.#texts;
    const names = { service: texts.name(service), operation: texts.name(operation) };
    return { ...names, code, ...(count > 1 ? { count } : undefined) };
  }
}

/** What may have stopped a node: the failures beneath it that it did not survive, else the one on the way to the root cause. */
function causesIn(node: TreeNode): TreeNode[] {
  if (node.own) return [];
  const way = causeChildOf(node);
  if (way === undefined) return [];
  return node.children.filter((child) => child === way || (isFailed(child) && !child.survived));
}

/** How many nodes would be errors if there were room for all. Depth and width are the choice of a peer: nothing recurses. */
function countCauses(root: TreeNode): number {
  let count = 0;
  const todo = [root];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    count++;
    for (const cause of causesIn(node)) todo.push(cause);
  }
  return count;
}
