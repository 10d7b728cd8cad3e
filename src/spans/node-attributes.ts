// Reads and writes the attributes of a synthesized span: one that was written from a node of an answer, because the node's own
// service did not export it.

import { type Code, codeFromName } from "./code.ts";
import { PENDING_ATTRIBUTES, pendingIn } from "./pending.ts";

/** What a synthesized span says of its node in attributes of ours. */
interface NodeFacts extends Partial<Readonly<Record<(typeof MARKS)[number], true>>> {
  readonly at?: string;
  readonly peer?: string;
  readonly hops?: number;
  readonly pendingMs?: number;
}

/** What a synthesized span says of its node. */
export interface SynthesizedNode {
  readonly node: NodeFacts;
  readonly count: number;
  /** Index among its siblings, which stand in the order in which they failed. */
  readonly place: number;
}

const SYNTHESIZED = "error_tree.synthesized";
const MARKS = [
  "unanswered",
  "opaque",
  "abandoned",
  "survived",
  "own",
  "unsure",
  "way",
  "pending",
  "mixed",
] as const;

/** The attribute of a span in which a message is handled: which attempt it is, from 1. */
export const ATTEMPT = "error_tree.attempt";

const BEGAN = "error_tree.began";
const ENDED = "error_tree.ended";
const HEAD = "error_tree.head";

/** Names of all attributes that are read here. */
export const NODE_ATTRIBUTES: readonly string[] = [
  SYNTHESIZED,
  BEGAN,
  ENDED,
  HEAD,
  "error_tree.shared_error",
  ATTEMPT,
  ...["code", "at", "peer", "count", "hops", "place", ...MARKS].map((name) => `error_tree.${name}`),
  ...PENDING_ATTRIBUTES,
];

/** A node of a tree, as far as a span can be written from it. */
interface WholeNode extends NodeFacts {
  readonly code: Code;
  readonly errorType?: string;
  readonly count: number;
  readonly attempt?: number;
}

/** The attributes of a span written for a node, the `place`-th child of its parent. */
export function attributesOfNode(node: WholeNode, place: number): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = {
    [SYNTHESIZED]: true,
    "error_tree.code": node.code,
  };
  if (place > 0) attributes["error_tree.place"] = place;
  if (node.errorType !== undefined) attributes["error.type"] = node.errorType;
  if (node.at !== undefined) attributes["error_tree.at"] = node.at;
  if (node.peer !== undefined) attributes["error_tree.peer"] = node.peer;
  if (node.count > 1) attributes["error_tree.count"] = node.count;
  if (node.attempt !== undefined) attributes[ATTEMPT] = node.attempt;
  if (node.hops !== undefined) attributes["error_tree.hops"] = node.hops;
  if (node.pendingMs !== undefined) attributes["error_tree.pending_ms"] = node.pendingMs;
  for (const mark of MARKS) if (node[mark]) attributes[`error_tree.${mark}`] = true;
  return attributes;
}

/** When a span began and ended, as numbers that order such moments of one service's part of a trace. */
export interface SpanOrder {
  readonly began: number;
  /** `Infinity` if it has not ended. */
  readonly ended: number;
}

/** The attributes of a span whose times do not show its place among the others. */
export function orderAttributes(began: number, ended: number): Record<string, number> {
  return { [BEGAN]: began, ...(ended === Number.POSITIVE_INFINITY ? undefined : { [ENDED]: ended }) };
}

/** Reads such attributes; `undefined` if the span's times show its place. */
export function orderIn(attributes: Readonly<Record<string, unknown>>): SpanOrder | undefined {
  const began = countOf(attributes[BEGAN], 0);
  return began === 0 ? undefined : { began, ended: countOf(attributes[ENDED], Number.POSITIVE_INFINITY) };
}

/** The attribute of a part's first span: the number of the moment at which it reported its failure. */
export function headAttributes(head: number): Record<string, number> {
  return { [HEAD]: head };
}

/** Reads it; `undefined` if nothing is known to have come later. */
export function headIn(attributes: Readonly<Record<string, unknown>>): number | undefined {
  const head = countOf(attributes[HEAD], 0);
  return head === 0 ? undefined : head;
}

/** Which attempt of a message a span says it is; `undefined` if it says none. */
export function attemptIn(attributes: Readonly<Record<string, unknown>>): number | undefined {
  const attempt = countOf(attributes[ATTEMPT], 0);
  return attempt === 0 ? undefined : attempt;
}

/** The code that a span carries as an attribute of ours, because its own attributes could not show it; else `undefined`. */
export function codeAttribute(attributes: Readonly<Record<string, unknown>>): Code | undefined {
  const name = attributes["error_tree.code"];
  return typeof name === "string" ? codeFromName(name) : undefined;
}

/** The attribute of a span whose error came from beneath another request. */
export const SHARED_ERROR = "error_tree.shared_error";

/** True if a span says that its error came from beneath another request. */
export function hasSharedError(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes[SHARED_ERROR] === true;
}

/** The attribute of a call that got no answer. */
export const UNANSWERED = "error_tree.unanswered";

/** True if the span of a call says that it got no answer. */
export function isUnanswered(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes[UNANSWERED] === true;
}

/** True if a span says that its caller went away. */
export function isAbandoned(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes["error_tree.abandoned"] === true;
}

/** Reads a synthesized span; `undefined` for any other. */
export function synthesizedNode(attributes: Readonly<Record<string, unknown>>): SynthesizedNode | undefined {
  if (attributes[SYNTHESIZED] !== true) return undefined;
  const at = attributes["error_tree.at"];
  const peer = attributes["error_tree.peer"];
  const hops = countOf(attributes["error_tree.hops"], 0);
  const pendingMs = pendingIn(attributes)?.ms;
  const marks = MARKS.filter((mark) => attributes[`error_tree.${mark}`] === true);
  return {
    node: {
      ...(typeof at === "string" ? { at } : undefined),
      ...(typeof peer === "string" ? { peer } : undefined),
      ...(hops > 0 ? { hops } : undefined),
      ...(pendingMs === undefined ? undefined : { pendingMs }),
      ...Object.fromEntries(marks.map((mark) => [mark, true])),
    },
    count: countOf(attributes["error_tree.count"], 1),
    place: countOf(attributes["error_tree.place"], 0),
  };
}

function countOf(value: unknown, otherwise: number): number {
  const number = typeof value === "string" ? Number(value) : value;
  return isCount(number) ? number : otherwise;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}
