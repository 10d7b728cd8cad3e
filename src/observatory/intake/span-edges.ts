// Counts the edges between the services of a trace, by the ids of its spans.
import type { SpanRecord } from "../../spans/span-record.ts";
import type { Cell } from "../graph/cell.ts";
import type { Counts } from "../graph/counts.ts";
import { type ConnectionType, USER } from "../graph/edge.ts";
import type { IntakeReport } from "./intake-report.ts";
import type { CalledPeer, OpenTrace } from "./open-traces.ts";

/**
 * Counts a whole trace: a request for each span that answers one of another service, and for each call that no span answers.
 * A trace that was exported because it failed is no sample of the traffic: it counts nowhere.
 */
export function countSpans(trace: OpenTrace, counts: Counts, report: IntakeReport): void {
  if (trace.isForced) return;
  const byId = new Map<string, SpanRecord>();
  for (const record of trace.records) byId.set(record.spanId, record);
  const answered = new Set<SpanRecord>();
  for (const record of byId.values()) {
    const parent = parentOf(record, byId);
    if (parent !== undefined && parent.service !== record.service) markAnswered(parent, byId, answered);
    if (record.kind === "server" || record.kind === "consumer") countAnswer(record, parent, counts, report);
  }
  for (const record of byId.values()) {
    const peer = trace.peers.get(record.spanId);
    if (peer === undefined || answered.has(record)) continue;
    const parent = parentOf(record, byId);
    // What a call consists of is part of it: a query and its connection.
    const isPart = parent !== undefined && trace.peers.has(parent.spanId) && !answered.has(parent);
    if (!isPart) countCall(record, peer, counts, report);
  }
}

function parentOf({ parentId }: SpanRecord, byId: ReadonlyMap<string, SpanRecord>): SpanRecord | undefined {
  return parentId === undefined ? undefined : byId.get(parentId);
}

/** A call of a library is answered with the HTTP call beneath it. */
function markAnswered(
  call: SpanRecord,
  byId: ReadonlyMap<string, SpanRecord>,
  answered: Set<SpanRecord>,
): void {
  for (let next: SpanRecord | undefined = call; next !== undefined; next = parentOf(next, byId)) {
    if (answered.has(next) || !isCall(next) || next.service !== call.service) return;
    answered.add(next);
  }
}

function isCall({ kind }: SpanRecord): boolean {
  return kind === "client" || kind === "producer";
}

function countAnswer(
  record: SpanRecord,
  parent: SpanRecord | undefined,
  counts: Counts,
  report: IntakeReport,
): void {
  if (parent?.service === record.service) return;
  if (parent === undefined && record.parentId !== undefined) {
    report.leftOut("Requests whose caller sent no spans");
    return;
  }
  const isMessage = record.kind === "consumer" || parent?.kind === "producer";
  const connectionType: ConnectionType =
    parent === undefined ? "virtual_node" : isMessage ? "messaging_system" : "";
  const timeMs = endOf(record) / 1000;
  if (!report.isInTime(timeMs)) return;
  const key = { client: parent?.service ?? USER, server: record.service, connectionType };
  const cell = counts.cell(timeMs, key, "spans");
  cell.counts.requests++;
  if (record.failed) cell.counts.failures++;
  cell.counts.server.add(secondsOf(record));
  if (parent?.kind !== "client") return;
  cell.counts.client.add(secondsOf(parent));
  if (record.kind === "server") compareClocks(cell, record, parent);
}

/** An answer cannot begin before its call, or end after it, unless the clocks differ or the call was given up. */
function compareClocks(cell: Cell, answer: SpanRecord, call: SpanRecord): void {
  const early = (call.start - answer.start) / 1e6;
  const late = (answer.end - call.end) / 1e6;
  if (early > 0 && late <= 0) cell.beganEarly(early);
  else if (late > 0 && early <= 0 && !call.failed) cell.endedLate(late);
}

function countCall(
  record: SpanRecord,
  { name, connectionType }: CalledPeer,
  counts: Counts,
  report: IntakeReport,
): void {
  const timeMs = endOf(record) / 1000;
  if (!report.isInTime(timeMs)) return;
  const cell = counts.cell(timeMs, { client: record.service, server: name, connectionType }, "spans");
  cell.counts.requests++;
  if (record.failed) cell.counts.failures++;
  cell.counts.client.add(secondsOf(record));
}

function endOf({ start, end }: SpanRecord): number {
  return Number.isFinite(end) && end >= start ? end : start;
}

function secondsOf(record: SpanRecord): number {
  return (endOf(record) - record.start) / 1e6;
}
