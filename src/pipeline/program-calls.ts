// Answers what a program asks of the request that it works on, and takes what it says of it.

import type { FragmentTable } from "../fragments/fragment-table.ts";
import { activeRouting, type TreeContext, treeOf } from "../fragments/result.ts";
import { type Code, isFault } from "../spans/code.ts";
import { codeShownBy, errorFacts } from "../spans/error-facts.ts";
import type { SpanRole } from "../spans/span-role.ts";
import type { ErrorTree } from "../tree/tree.ts";
import { type Noted, type NotedRequest, note } from "./noted.ts";

/** The requests in flight, as functions for handlers and hooks of frameworks reach them. */
export class ProgramCalls {
  readonly #table: FragmentTable;
  readonly #trees: TreeContext;

  constructor(table: FragmentTable, trees: TreeContext) {
    this.#table = table;
    this.#trees = trees;
  }

  /**
   * The current tree of the request that the span belongs to; `undefined` if nothing failed so far.
   *
   * @param supposed - the tree as it is if the request fails with this error, unless it has said before why it fails
   */
  treeSoFar(spanId: string, supposed?: { readonly thrown: unknown }): ErrorTree | undefined {
    const fragment = this.#table.entry(spanId)?.fragment;
    if (fragment === undefined) return undefined;
    fragment.routed(activeRouting(fragment));
    const tree =
      supposed === undefined
        ? treeOf(fragment, this.#trees)
        : fragment.supposing({ ...errorFacts(supposed.thrown), code: undefined }, () =>
            treeOf(fragment, this.#trees),
          );
    return tree?.redacted();
  }

  /**
   * Marks the request that the span belongs to as failed; false if it is not recorded, or is over. After the head, the
   * failure is reported in the trailer, if the response can have one.
   *
   * @param isOneOfSeveral - a fault that the program reported before is not replaced
   */
  fail(spanId: string, error: unknown, code: Code | undefined, isOneOfSeveral = false): boolean {
    const fragment = this.#table.entry(spanId)?.fragment;
    if (fragment === undefined || fragment.root.end !== Number.POSITIVE_INFINITY) return false;
    const { failure } = fragment;
    if (isOneOfSeveral && failure !== undefined) {
      if (isFault(failure.code ?? codeShownBy(failure) ?? "unknown")) return true;
    }
    fragment.failed({ ...errorFacts(error), code });
    return true;
  }

  /** Notes what a framework knows of a request; false if the request is not recorded, or is over. */
  note(request: NotedRequest, noted: Noted): boolean {
    return note(this.#table, request, noted);
  }

  /** Watches the calls of the span's request, to find the one that settles a promise; `undefined` if it is not recorded. */
  watchCalls(spanId: string): ((role: SpanRole) => void) | undefined {
    return this.#table.entry(spanId)?.fragment.watch.begin();
  }
}
