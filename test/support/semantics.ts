// The cases of test/vectors/semantics.yaml, causes.yaml and queues.yaml as span records and expected trees.
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { SpanKindName } from "../../src/spans/otel.ts";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { toSpanRecord } from "../../src/spans/span-record.ts";
import { driftOf, originOf, type TreeNode } from "../../src/tree/tree.ts";

export interface CaseSpan {
  id: string;
  parent?: string;
  service?: string;
  kind?: SpanKindName;
  name?: string;
  status?: "unset" | "ok" | "error";
  message?: string;
  http?: number;
  grpc?: number;
  error?: string;
  exception?: [string, string];
  db?: string;
  sqlstate?: string;
  to?: string;
  ms?: [number, number];
  /** Further attributes. */
  attributes?: Record<string, string | number | boolean>;
}

export interface CaseNode {
  service: string;
  operation: string;
  count?: number;
  unanswered?: boolean;
  opaque?: boolean;
  survived?: boolean;
  children?: CaseNode[];
  [key: string]: unknown;
}

export interface SemanticsCase {
  name: string;
  spans: CaseSpan[];
  verdict?: string;
  cause?: [string, string] | [string, string, "ambiguous"];
  tree: CaseNode | "none";
}

/** A program, and the cause that its author would name; the tree, if that is what matters. */
export type CauseCase = Omit<SemanticsCase, "tree" | "cause"> &
  Required<Pick<SemanticsCase, "cause">> & { tree?: CaseNode };

/** All cases, in the file's order. */
export function semanticsCases(): SemanticsCase[] {
  return casesOf("semantics");
}

/** Everyday programs of our own. */
export function causeCases(): CauseCase[] {
  return casesOf("causes");
}

/** Messages through a queue, and the trees that they make. */
export function queueCases(): (Pick<SemanticsCase, "name" | "spans"> & { trees: CaseNode[] })[] {
  return casesOf("queues");
}

function casesOf<Case>(file: string): Case[] {
  return parse(readFileSync(new URL(`../vectors/${file}.yaml`, import.meta.url), "utf8"));
}

/** The spans of a case with every default of the file's own README filled in. */
export function spansOf(test: Pick<SemanticsCase, "spans">): SpanFacts[] {
  const byId = new Map(test.spans.map((span) => [span.id, span]));
  const serviceOf = (span: CaseSpan): string =>
    span.service ?? serviceOf(byId.get(span.parent as string) as CaseSpan);
  const times = timesOf(test);
  return test.spans.map((span, index) => {
    const parent = span.parent === undefined ? undefined : byId.get(span.parent);
    const isEntry = parent === undefined || serviceOf(parent) !== serviceOf(span);
    const [start, end] = times[index] as [number, number];
    return {
      spanId: span.id,
      ...(span.parent === undefined ? undefined : { parentId: span.parent }),
      service: serviceOf(span),
      kind: span.kind ?? (isEntry ? "server" : "internal"),
      name: span.name ?? span.id,
      status: span.status ?? "unset",
      ...(span.message === undefined ? undefined : { statusMessage: span.message }),
      attributes: {
        ...(span.http === undefined ? undefined : { "http.response.status_code": span.http }),
        ...(span.grpc === undefined ? undefined : { "rpc.grpc.status_code": span.grpc }),
        ...(span.error === undefined ? undefined : { "error.type": span.error }),
        ...(span.db === undefined ? undefined : { "db.system.name": span.db }),
        ...(span.sqlstate === undefined ? undefined : { "db.response.status_code": span.sqlstate }),
        ...(span.to === undefined ? undefined : { "server.address": span.to }),
        ...span.attributes,
      },
      events:
        span.exception === undefined
          ? []
          : [
              {
                name: "exception",
                attributes: { "exception.type": span.exception[0], "exception.message": span.exception[1] },
              },
            ],
      start,
      end,
    };
  });
}

/**
 * Starts and ends. Absent times are those of the nth span, [n, 100 + n]; the end of one that is no client is moved behind
 * the latest end beneath it.
 */
function timesOf({ spans }: Pick<SemanticsCase, "spans">): [number, number][] {
  const times = spans.map(({ ms }, n): [number, number] => ms ?? [n, 100 + n]);
  const latest = (id: string): number => {
    const index = spans.findIndex((span) => span.id === id);
    const beneath = spans.flatMap((span) => (span.parent === id ? [latest(span.id)] : []));
    const { ms, kind } = spans[index] as CaseSpan;
    const time = times[index] as [number, number];
    if (ms === undefined && kind !== "client") time[1] = Math.max(time[1], ...beneath.map((end) => end + 1));
    return Math.max(time[1], ...beneath);
  };
  for (const { id, parent } of spans) if (!spans.some((span) => span.id === parent)) latest(id);
  return times;
}

/** Span records of a case. */
export function recordsOf(test: Pick<SemanticsCase, "spans">): ReturnType<typeof toSpanRecord>[] {
  return spansOf(test).map(toSpanRecord);
}

/** The part of a node that a case speaks of, absent marks as their defaults, for a comparison by value. */
export function projected(node: TreeNode, expected: CaseNode | undefined): CaseNode {
  const view: Record<string, unknown> = { ...node, origin: originOf(node), drift: driftOf(node) };
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(expected ?? {})) if (key !== "children") out[key] = view[key];
  return {
    service: node.service,
    operation: node.operation,
    ...out,
    count: node.count,
    unanswered: node.unanswered ?? false,
    opaque: node.opaque ?? false,
    survived: node.survived ?? false,
    children: node.children.map((child, i) => projected(child, expected?.children?.[i])),
  };
}

/** The expected node with the defaults of the file's own README filled in. */
export function expectedNode(node: CaseNode): CaseNode {
  return {
    ...node,
    count: node.count ?? 1,
    unanswered: node.unanswered ?? false,
    opaque: node.opaque ?? false,
    survived: node.survived ?? false,
    children: (node.children ?? []).map(expectedNode),
  };
}
