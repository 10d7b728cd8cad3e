// Finds the parents that spans name but that were not read, and puts the trees beneath one of them together.
import type { Code } from "../spans/code.ts";
import { type SpanRecord, toSpanRecord } from "../spans/span-record.ts";
import type { ErrorTree } from "../tree/tree.ts";

/** Trees whose first spans name the same parent, by its id. */
export type MissingParents = ReadonlyMap<string, readonly ErrorTree[]>;

/** The missing parents of trees; a consumer begins a tree of its own, whoever sent the message. */
export function missingParents(trees: readonly ErrorTree[], records: readonly SpanRecord[]): MissingParents {
  const missing = new Map<string, ErrorTree[]>();
  if (!trees.some(({ parentSpanId }) => parentSpanId !== undefined)) return missing;
  const known = new Map(records.map((record) => [record.spanId, record]));
  for (const tree of trees) {
    const { parentSpanId, root } = tree;
    if (parentSpanId === undefined || known.has(parentSpanId)) continue;
    if (known.get(root.spanId ?? "")?.kind === "consumer") continue;
    const others = missing.get(parentSpanId);
    if (others === undefined) missing.set(parentSpanId, [tree]);
    else others.push(tree);
  }
  return missing;
}

/** A span in place of each parent that has several trees beneath it: one request must not look like several. */
export function placeholders(missing: MissingParents, records: readonly SpanRecord[]): SpanRecord[] {
  const times = timesOf(missing, records);
  return [...missing].flatMap(([spanId, trees]) => {
    if (trees.length < 2) return [];
    const code = codeOfAll(trees.map(({ root }) => root.code));
    const { start, end } = times.get(spanId) ?? NO_TIME;
    return toSpanRecord({
      spanId,
      service: "(not read)",
      name: `parent ${spanId}`,
      kind: "internal",
      // Whether it failed is not known, but its children must not look as if they were handled.
      status: code === "ok" ? "unset" : "error",
      attributes: code === "ok" ? {} : { "error_tree.code": code },
      events: [],
      start,
      end,
    });
  });
}

interface Times {
  readonly start: number;
  readonly end: number;
}

const NO_TIME: Times = { start: Number.POSITIVE_INFINITY, end: 0 };

/** From when to when there were spans beneath each missing parent. */
function timesOf(missing: MissingParents, records: readonly SpanRecord[]): Map<string, Times> {
  const times = new Map<string, Times>();
  if (missing.size === 0) return times;
  for (const { parentId, start, end } of records) {
    if (parentId === undefined || !missing.has(parentId)) continue;
    const known = times.get(parentId) ?? NO_TIME;
    times.set(parentId, { start: Math.min(known.start, start), end: Math.max(known.end, end) });
  }
  return times;
}

/** The code, if all children have the same one. With any other code, children of a different code would show a drift. */
function codeOfAll(codes: readonly Code[]): Code {
  const failed = codes.filter((code) => code !== "ok");
  const [first = "ok"] = failed;
  return failed.every((code) => code === first) ? first : "unknown";
}
