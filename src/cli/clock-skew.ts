// Recognises services whose clocks differ: a callee that began before its call, or after a call that had its answer.
import type { SpanRecord } from "../spans/span-record.ts";
import type { StoredTrace } from "./trace-store.ts";

/** How far the clock of a service is off the one of its caller. */
export interface ClockSkew {
  readonly service: string;
  readonly caller: string;
  /** Least difference in microseconds; negative if the service's clock is behind. */
  readonly least: number;
}

/** Clocks that are kept in step by NTP differ by less. */
const LEAST_MICROSECONDS = 10_000;

/** The skews that a trace shows, at most one of two services: the largest. */
export function clockSkews({ records, byId }: Pick<StoredTrace, "records" | "byId">): ClockSkew[] {
  const skews = new Map<string, ClockSkew>();
  for (const record of records) {
    const call = record.parentId === undefined ? undefined : byId.get(record.parentId);
    if (call === undefined || call.service === record.service || record.kind === "consumer") continue;
    const least = leastSkew(record, call);
    if (Math.abs(least) < LEAST_MICROSECONDS) continue;
    const pair = JSON.stringify([record.service, call.service]);
    if (Math.abs(least) <= Math.abs(skews.get(pair)?.least ?? 0)) continue;
    skews.set(pair, { service: record.service, caller: call.service, least });
  }
  return [...skews.values()];
}

function leastSkew(record: SpanRecord, call: SpanRecord): number {
  if (record.start <= 0 || call.start <= 0) return 0;
  if (record.start < call.start) return record.start - call.start;
  // A call that failed may have been given up before its callee began; what is no call may go on by itself.
  const isCall = call.kind === "client" && record.kind === "server";
  return isCall && !call.failed && call.answered && record.start > call.end ? record.start - call.end : 0;
}
