// Checks every part of a state that came out of Kafka: one that is damaged would end the process, or count for ever.
import { isObject } from "../../otlp/json-value.ts";
import type { Source } from "../graph/cell.ts";
import type { ConnectionType } from "../graph/edge.ts";

const SOURCES: readonly Source[] = ["flow", "coarse", "spans", "ids", "inferred", "reversed"];
const TYPES: readonly ConnectionType[] = ["", "messaging_system", "database", "virtual_node"];
const COUNTS = ["requests", "failures", "arrived", "missing", "foreign"];
const LEFT_OUT = ["unreadable", "outOfTime", "keyless", "lost"];
/** No state of ours has more: of cells and windows, of buckets and their offset, of characters of a name and of a sentence. */
const [MOST_PARTS, MOST_BUCKETS, MOST_NAME, MOST_CHARS] = [100_000, 400, 128, 1_000];

/**
 * True for a state with which everybody can go on.
 *
 * @param latest - no time in it is later, in milliseconds since the epoch
 */
export function isState(state: Readonly<Record<string, unknown>>, latest: number): boolean {
  const { topic, partition, next, from, windowMs, kind } = state;
  const isTime = (value: unknown): value is number => isCount(value) && value <= latest;
  if (typeof topic !== "string" || !isWhole(partition) || !isWhole(next) || !isWhole(windowMs)) return false;
  if (!isPlace(from, next, isTime)) return false;
  const isWindow = (value: unknown): boolean =>
    isObject(value) &&
    isWhole(value.start) &&
    isTime(value.start) &&
    isList(value.cells, isCell) &&
    isList(value.dropped, isCount);
  if (kind === "window") return isWindow(state.window);
  const { windows, services, newest, report, tail } = state;
  return (
    kind === "partition" &&
    isList(windows, (pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isWhole)) &&
    isList(services, (one) => isService(one, isTime)) &&
    (newest === undefined || isTime(newest)) &&
    isReport(report) &&
    isList(tail, isWindow)
  );
}

function isPlace(place: unknown, next: number, isTime: (value: unknown) => boolean): boolean {
  if (!isObject(place)) return false;
  const { offset, clock, settledAt, newest } = place;
  const isBefore = isWhole(offset) && offset <= next;
  return isBefore && isTime(clock) && isTime(settledAt) && (newest === undefined || isTime(newest));
}

function isService(value: unknown, isTime: (value: unknown) => boolean): boolean {
  if (!isObject(value)) return false;
  const { name, last, flow } = value;
  return isName(name) && isTime(last) && (flow === undefined || isTime(flow));
}

function isReport(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { first } = value;
  const isText = first === undefined || (typeof first === "string" && first.length <= MOST_CHARS);
  return isText && LEFT_OUT.every((name) => isCount(value[name]));
}

function isCell(value: unknown): boolean {
  if (!isObject(value) || !isObject(value.counts)) return false;
  const { client, server, connectionType, source, counts, behind, ahead } = value;
  return (
    isName(client) &&
    isName(server) &&
    TYPES.some((one) => one === connectionType) &&
    SOURCES.some((one) => one === source) &&
    COUNTS.every((name) => isCount(counts[name])) &&
    isHistogram(counts.server) &&
    isHistogram(counts.client) &&
    (behind === undefined || isHistogram(behind)) &&
    (ahead === undefined || isHistogram(ahead))
  );
}

function isHistogram(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { offset, counts, sum } = value;
  if (!Number.isInteger(offset) || Math.abs(offset as number) > MOST_BUCKETS) return false;
  // JSON has `null` for a sum that has become infinite, which histograms leave out.
  if (sum !== null && typeof sum !== "number") return false;
  return Array.isArray(counts) && counts.length <= MOST_BUCKETS && counts.every(isCount);
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= MOST_NAME;
}

function isList(value: unknown, isOne: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= MOST_PARTS && value.every(isOne);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isWhole(value: unknown): value is number {
  return isCount(value) && Number.isSafeInteger(value);
}
