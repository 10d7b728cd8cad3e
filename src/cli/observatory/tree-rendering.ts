// Builds and draws the trees of the observatory, as `render` does.
import { Readable } from "node:stream";
import { drawTree } from "../../draw/tree-svg.ts";
import { whoOf, whyOf } from "../../draw/words.ts";
import type { OpenTrace } from "../../observatory/intake/open-traces.ts";
import type { DrawnTree, FoundFailure, Pasted, Rendering } from "../../observatory/server/rendering.ts";
import { fingerprintOf } from "../../tree/fingerprint.ts";
import { outcomeOf, printable } from "../../tree/format.ts";
import { driftText, type ErrorTree, type RootCause, rootCauseOf, verdictOf } from "../../tree/tree.ts";
import { InputError } from "../input/input-error.ts";
import { readInput } from "../input/read-input.ts";
import { timesOf } from "../print/times.ts";
import { deepStringify, treeToJson } from "../print/tree-json.ts";
import { durationsOf, treeToText } from "../print/tree-text.ts";
import { reasonOf } from "../reason.ts";
import { type StoredTrace, storedTrace, TraceStore } from "../trace-store.ts";
import { treesOf } from "../trees.ts";

/** A backend that is asked for a trace; false if it does not know it. */
interface Backend {
  readonly name: string;
  trace(traceId: string, sink: TraceStore): Promise<boolean>;
}

/** Columns of what is printed: the page wraps nothing. */
const WIDTH = 120;
/** So much of a cause is in the list. */
const MOST_CHARS = 400;

/** What the command gives to the observatory. */
export class TreeRendering implements Rendering {
  readonly #backendFor: ((signal: AbortSignal) => Backend) | undefined;

  /** @param backendFor - Jaeger, each of whose requests the signal ends */
  constructor(backendFor: ((signal: AbortSignal) => Backend) | undefined) {
    this.#backendFor = backendFor;
  }

  failureOf(trace: OpenTrace): FoundFailure | undefined {
    const tree = failedTree(storedTrace(trace.traceId, trace.records), trace.isForced);
    if (tree === undefined) return undefined;
    const { root } = tree;
    const cause = rootCauseOf(root);
    const drift = driftOfWay(cause);
    return {
      traceId: trace.traceId,
      time: endOf(trace, root.spanId),
      service: root.service,
      operation: root.operation,
      code: root.code,
      cause: causeText(cause),
      ...(drift === undefined ? undefined : { drift }),
      fingerprint: fingerprintOf(root),
      represents: trace.represents,
    };
  }

  render(trace: OpenTrace): DrawnTree | undefined {
    const stored = storedTrace(trace.traceId, trace.records);
    const tree = failedTree(stored, true);
    return tree === undefined ? undefined : rendered(tree, stored);
  }

  async paste(text: string, signal: AbortSignal): Promise<Pasted> {
    const traceId = text.trim().toLowerCase();
    const isId = /^[0-9a-f]{16,32}$/.test(traceId);
    const store = new TraceStore();
    try {
      if (isId) {
        const backend = this.#backendFor?.(signal);
        if (backend === undefined)
          return {
            error:
              "This trace is not in the list. Start the observatory with --jaeger URL to look for it there.",
          };
        if (!(await backend.trace(traceId, store)))
          return { error: `${backend.name} does not know this trace.` };
      } else await readInput(Readable.from([Buffer.from(text)]), "what was pasted", store);
    } catch (error) {
      if (error instanceof InputError || isId) return { error: reasonOf(error) };
      throw error;
    }
    for (const stored of store.drain()) {
      const tree = failedTree(stored, true);
      if (tree !== undefined) return rendered(tree, stored);
    }
    return { error: "There is no error tree in it: nothing failed." };
  }
}

/** The tree of the request that failed first; with `any`, one that was handled if none failed. */
function failedTree(stored: StoredTrace, any: boolean): ErrorTree | undefined {
  const trees = treesOf(stored, { onCycle: () => {} });
  const failed = trees.find(({ root }) => verdictOf(root) === "failed");
  return failed ?? (any ? trees[0] : undefined);
}

function rendered(tree: ErrorTree, stored: StoredTrace): DrawnTree {
  return {
    ...(tree.traceId === "" ? undefined : { traceId: tree.traceId }),
    text: treeToText(tree, { colour: false, width: WIDTH, durationOf: durationsOf(stored) }),
    treeJson: deepStringify(treeToJson(tree, false)),
    svg: drawTree(tree, { timeOf: timesOf(stored) }).svg,
  };
}

/** As `render` prints it, in one line. */
function causeText({ node, ambiguous }: RootCause): string {
  const why = whyOf(node);
  const text = `${whoOf(node)} ${outcomeOf(node)}${why === "" ? "" : `: ${why}`}`;
  return `${printable(text).slice(0, MOST_CHARS)}${ambiguous ? " (not for sure)" : ""}`;
}

/** The drift that is nearest to the root cause. */
function driftOfWay({ path }: RootCause): string | undefined {
  return path.map(driftText).findLast((text) => text !== "");
}

/** In milliseconds since the epoch. */
function endOf({ records }: OpenTrace, spanId: string | undefined): number {
  const root = records.find((record) => record.spanId === spanId);
  const end = (one: OpenTrace["records"][number]): number =>
    Number.isFinite(one.end) ? Math.max(one.start, one.end) : one.start;
  const micros =
    root === undefined ? records.reduce((latest, one) => Math.max(latest, end(one)), 0) : end(root);
  return Math.floor(micros / 1000);
}
