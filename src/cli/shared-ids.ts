// Tells spans apart that share an id: the two sides of one call, as Zipkin, Brave and older proxies record it.
import type { SpanRecord } from "../spans/span-record.ts";

/** Stands behind the id of a caller's side; no id has it. */
const CALLER = "/";

/** The id as the producer wrote it. */
export function shownSpanId(spanId: string): string {
  const end = spanId.indexOf(CALLER);
  return end === -1 ? spanId : spanId.slice(0, end);
}

/**
 * The records with an id of its own for each span. The callee's side keeps the shared id, because the spans beneath name it as
 * their parent; the caller's side stands above it. Records of one side stay together: they are views of one span.
 */
export function separateShared(records: readonly SpanRecord[]): readonly SpanRecord[] {
  const sides = new Map<string, Sides>();
  for (const [id, views] of sharedIds(records)) {
    const found = sidesOf(views);
    if (found !== undefined) sides.set(id, found);
  }
  return sides.size === 0 ? records : records.map((record) => separated(record, sides));
}

/** The sides of one shared id, the outermost first. */
type Sides = readonly ReadonlySet<SpanRecord>[];

/** The records of each id that several have. */
function sharedIds(records: readonly SpanRecord[]): Map<string, SpanRecord[]> {
  const first = new Map<string, SpanRecord>();
  const shared = new Map<string, SpanRecord[]>();
  for (const record of records) {
    const known = first.get(record.spanId);
    if (known === undefined) first.set(record.spanId, record);
    else if (shared.has(record.spanId)) shared.get(record.spanId)?.push(record);
    else shared.set(record.spanId, [known, record]);
  }
  return shared;
}

/** `undefined` if all records are views of one span. */
function sidesOf(records: readonly SpanRecord[]): Sides | undefined {
  const callers = records.filter(isCaller);
  const callees = records.filter((record) => !isCaller(record) && !isViewOf(record, callers));
  if (callers.length > 0 && callees.length > 0) {
    return [new Set(records.filter((record) => !callees.includes(record))), new Set(callees)];
  }
  // If the kinds do not say who called whom, it was the service that began first.
  const services = new Map<string, SpanRecord[]>();
  for (const record of records.toSorted((a, b) => a.start - b.start)) {
    const known = services.get(record.service);
    if (known === undefined) services.set(record.service, [record]);
    else known.push(record);
  }
  const [first, ...others] = [...services.values()];
  if (first === undefined || others.length === 0 || !others.every((other) => areApart(first, other)))
    return undefined;
  return [first, ...others].map((side) => new Set(side));
}

function isCaller({ kind }: SpanRecord): boolean {
  return kind === "client" || kind === "producer";
}

/** A span whose kind one of two stores has lost. */
function isViewOf({ kind, service }: SpanRecord, callers: readonly SpanRecord[]): boolean {
  return kind === "internal" && callers.some((caller) => caller.service === service);
}

/** Two records of different services with equal times are one span whose service was named anew. */
function areApart([a]: readonly SpanRecord[], [b]: readonly SpanRecord[]): boolean {
  return a?.start !== b?.start || a?.end !== b?.end;
}

function separated(record: SpanRecord, sides: ReadonlyMap<string, Sides>): SpanRecord {
  const own = sides.get(record.spanId);
  if (own !== undefined) {
    const place = own.findIndex((side) => side.has(record));
    const spanId = idOf(record.spanId, place, own);
    return place === 0
      ? { ...record, spanId }
      : { ...record, spanId, parentId: idOf(record.spanId, place - 1, own) };
  }
  const above = record.parentId === undefined ? undefined : sides.get(record.parentId);
  if (above === undefined) return record;
  // Inner spans of the caller stand beneath its side.
  const place = above.findLastIndex((side) => [...side].some(({ service }) => service === record.service));
  return {
    ...record,
    parentId: idOf(record.parentId as string, place === -1 ? above.length - 1 : place, above),
  };
}

function idOf(id: string, place: number, sides: Sides): string {
  return place === sides.length - 1 ? id : `${id}${CALLER}${place}`;
}
