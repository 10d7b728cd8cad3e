// Says what is kept of a partition in the compacted topic, and writes and reads it.
import { gunzipSync, gzipSync } from "node:zlib";
import { isObject } from "../../otlp/json-value.ts";
import type { ServiceData, WindowData } from "../graph/counts.ts";
import { isState } from "./check-state.ts";

/** One partition of one topic of events. */
export interface PartitionId {
  readonly topic: string;
  readonly partition: number;
}

/** A place in the log, and what the fold's clock says before the record there is read. In milliseconds since the epoch. */
export interface Place {
  readonly offset: number;
  readonly clock: number;
  /** When traces were settled last. */
  readonly settledAt: number;
  /** The time of the newest plain event. */
  readonly newest?: number | undefined;
}

/** What was left out of a partition. */
export interface PartitionReport {
  readonly unreadable: number;
  /** The first of them in words. */
  readonly first?: string;
  readonly outOfTime: number;
  /** Records without a key. */
  readonly keyless: number;
  /** Records that were deleted before anybody had read them. */
  readonly lost: number;
}

/** The state of a partition after all records before `next`, without its windows. */
export interface PartitionHead extends PartitionId {
  readonly kind: "partition";
  readonly next: number;
  /** Where reading has to begin for everything to be known that is pending at `next`. */
  readonly from: Place;
  /** In milliseconds. */
  readonly windowMs: number;
  /** The windows that there are, by their starts, and the `next` that each has at least. */
  readonly windows: readonly (readonly [start: number, next: number])[];
  readonly services: readonly ServiceData[];
  /** Time of the newest event that counts, in milliseconds since the epoch. */
  readonly newest?: number;
  readonly report: PartitionReport;
  /** What is pending, counted as if nothing more of it came. Shown, and not kept. */
  readonly tail: readonly WindowData[];
}

/** One window of a partition after all records before `next`. */
export interface PartitionWindow extends PartitionId {
  readonly kind: "window";
  readonly next: number;
  /** As in the head of the same moment. */
  readonly from: Place;
  readonly windowMs: number;
  readonly window: WindowData;
}

export type StateRecord = PartitionHead | PartitionWindow;

const VERSION = 1;
/** Larger ones are no state of ours: a broker takes no record of 1 MB. */
const [MOST_BYTES, MOST_PLAIN_BYTES] = [1024 * 1024, 32 * 1024 * 1024];

/** The key of a record: the highest `next` of a key counts. */
export function stateKey({ topic, partition }: PartitionId, start?: number): string {
  return start === undefined ? `${topic}/${partition}` : `${topic}/${partition}/${start}`;
}

export function keyOf(record: StateRecord): string {
  return stateKey(record, record.kind === "window" ? record.window.start : undefined);
}

export function encodeState(record: StateRecord): Buffer {
  return gzipSync(JSON.stringify({ version: VERSION, ...record }), { level: 1 });
}

/**
 * `undefined` if that is no state that this version knows. Never throws.
 *
 * @param latest - no time in it is later, in milliseconds since the epoch
 */
export function decodeState(
  value: Buffer,
  latest: number = Number.POSITIVE_INFINITY,
): StateRecord | undefined {
  if (value.length > MOST_BYTES) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(gunzipSync(value, { maxOutputLength: MOST_PLAIN_BYTES }).toString("utf8"));
  } catch {
    return undefined;
  }
  if (!isObject(parsed) || parsed.version !== VERSION || !isState(parsed, latest)) return undefined;
  return parsed as unknown as StateRecord;
}
