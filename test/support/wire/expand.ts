// From the message of a protobuf library to a tree, written from the comments of the `.proto` alone.
import { CODES, type Code } from "../../../src/spans/code.ts";
import type { SpanKindName } from "../../../src/spans/otel.ts";
import type { SpanStub, TreeNode } from "../../../src/tree/tree.ts";
import type { ErrorTree } from "./generated/error-tree_pb.ts";

/** What a message says. */
export interface Expanded {
  readonly id?: string;
  readonly omitted: number;
  readonly root: TreeNode;
}

/** By number, from 1 on. */
export const KINDS: readonly SpanKindName[] = ["internal", "server", "client", "producer", "consumer"];
/** By bit, from 5 on. */
export const MARKS: readonly Mark[] = [
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
];

type Mark = Extract<
  keyof TreeNode,
  | "exported"
  | "survived"
  | "unanswered"
  | "opaque"
  | "abandoned"
  | "mixed"
  | "own"
  | "unsure"
  | "pending"
  | "way"
>;

/**
 * The tree of a message.
 *
 * @throws Error where its columns do not fit together
 */
export function expandMessage(message: ErrorTree): Expanded {
  const strings = stringsOf(message);
  const text = (number: number): string => {
    const string = strings[number];
    if (string === undefined) throw new Error(`there is no string ${number}`);
    return string;
  };
  const insides = groupsOf(message.at, 1);
  const peers = groupsOf(message.peers, 1);
  const counts = groupsOf(message.counts, 1);
  const hops = groupsOf(message.hops, 1);
  const times = groupsOf(message.times, 2);
  const pendingMs = groupsOf(message.pendingMs, 1);
  const attempts = groupsOf(message.attempts, 1);
  const frames = listsOf(message.frames);
  const causes = listsOf(message.causes);
  let place = 0;
  const take = (): TreeNode => {
    const i = place++;
    const outcome = message.outcomes[i] ?? 0;
    const code = (Object.keys(CODES) as Code[]).find((name) => CODES[name] === outcome % 32);
    if (code === undefined) throw new Error(`there is no code ${outcome % 32}`);
    const kind = KINDS[(message.kinds[i] ?? 0) - 1];
    const marks = MARKS.filter((_, bit) => Math.floor(outcome / 2 ** (5 + bit)) % 2 === 1);
    const children: TreeNode[] = [];
    const node = {
      service: text(message.services[i] ?? 0),
      operation: text(message.operations[i] ?? 0),
      code,
      count: counts.get(i)?.[0] ?? 1,
      children,
      ...some("message", text(message.messages[i] ?? 0)),
      ...some("errorType", text(message.errorTypes[i] ?? 0)),
      ...some("at", text(insides.get(i)?.[0] ?? 0)),
      ...some("peer", text(peers.get(i)?.[0] ?? 0)),
      ...some("attempt", attempts.get(i)?.[0]),
      ...some("hops", hops.get(i)?.[0]),
      ...some("pendingMs", pendingMs.get(i)?.[0]),
      ...some("frames", frames.get(i)?.map(text)),
      ...some("causes", causes.get(i)?.map(text)),
      ...some("stub", kind && stubOf(kind, times.get(i))),
      ...Object.fromEntries(marks.map((mark) => [mark, true])),
    };
    for (let child = message.children[i] ?? 0; child > 0; child--) children.push(take());
    return node;
  };
  const root = take();
  if (place !== 1 + message.children.reduce((sum, n) => sum + n, 0))
    throw new Error("nodes without a parent");
  const id = Buffer.from(message.id).toString("hex");
  return { ...some("id", id), omitted: Number(message.omitted), root };
}

/** The property where it says something. */
function some<Value>(name: string, value: Value): { [name: string]: Value } | undefined {
  const silent = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  return silent ? undefined : { [name]: value };
}

function stubOf(kind: SpanKindName, times: readonly number[] | undefined): SpanStub {
  const [startMs, durationMs] = times ?? [];
  return startMs === undefined || durationMs === undefined ? { kind } : { kind, startMs, durationMs };
}

function stringsOf({ text, lengths }: ErrorTree): string[] {
  const strings = [""];
  let at = 0;
  for (const length of lengths) {
    const string = text.subarray(at, at + length);
    strings.push(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(string));
    at += length;
  }
  if (at !== text.length) throw new Error("the lengths are not those of the text");
  return strings;
}

/** Groups of (passed over, `size` numbers), by the place of their node. */
function groupsOf(column: readonly (number | bigint)[], size: number): Map<number, readonly number[]> {
  const groups = new Map<number, readonly number[]>();
  let place = -1;
  for (let i = 0; i < column.length; i += 1 + size) {
    place += 1 + Number(column[i]);
    groups.set(place, column.slice(i + 1, i + 1 + size).map(Number));
  }
  return groups;
}

/** Groups of (passed over, n, n strings), by the place of their node. */
function listsOf(column: readonly number[]): Map<number, readonly number[]> {
  const groups = new Map<number, readonly number[]>();
  let place = -1;
  for (let i = 0; i < column.length; ) {
    const [over = 0, count = 0] = column.slice(i, i + 2);
    place += 1 + over;
    groups.set(place, column.slice(i + 2, i + 2 + count));
    i += 2 + count;
  }
  return groups;
}
