// Reads OTLP metrics in protobuf: the points of sums and histograms that somebody wants.
import { BYTES, FIXED64, type Fields, MOST_FIELDS, readRecords, VARINT } from "./fields.ts";
import {
  type FoundHistogram,
  type FoundPoint,
  type FoundResource,
  type MetricSink,
  MOST_BUCKETS,
  NO_RECORDED_VALUE,
  resourceOf,
} from "./metric-point.ts";
import type { ProtobufReading } from "./read-protobuf.ts";
import type { Work } from "./work.ts";

/**
 * Reads the wanted points of an `ExportMetricsServiceRequest`. Fields may come in any order: a Collector writes them from the
 * last to the first. What stands around a value is looked at before the value is read.
 *
 * Source: opentelemetry-proto, metrics.proto and common.proto.
 */
export function readMetricsProtobuf(bytes: Buffer, sink: MetricSink): Work<ProtobufReading> {
  return readRecords(bytes, {
    resource: resourceIn,
    isScopes: (field) => field === 2,
    record: (field, resource) => readMetric(field.bounded(MOST_FIELDS), resource, sink),
  });
}

function resourceIn(resourceMetrics: Fields): FoundResource {
  const attributes = new Map<string, string>();
  while (resourceMetrics.next()) {
    if (resourceMetrics.number !== 1 || resourceMetrics.type !== BYTES) continue;
    const resource = resourceMetrics.message();
    while (resource.next()) {
      if (resource.number === 1 && resource.type === BYTES) readPair(resource.message(), attributes);
    }
  }
  return resourceOf(attributes);
}

const SUM = 7;
const HISTOGRAM = 9;
const EXPONENTIAL = 10;
const DELTA = 1;

type Metric = Pick<FoundPoint, "resource" | "metric" | "unit">;

/** Points of one metric of one resource. */
const MOST_POINTS = 200_000;

function* readMetric(metric: Fields, resource: FoundResource, sink: MetricSink): Work<number> {
  let name = "";
  let unit = "";
  const data: [number: number, message: Fields][] = [];
  while (metric.next()) {
    if (metric.type !== BYTES) continue;
    if (metric.number === 1) name = metric.text();
    else if (metric.number === 3) unit = metric.text();
    else if (metric.number === SUM || metric.number === HISTOGRAM || metric.number === EXPONENTIAL) {
      data.push([metric.number, metric.bounded(MOST_POINTS)]);
    }
  }
  if (metric.broken) return 1;
  if (!sink.wants(name)) return 0;
  let unread = 0;
  for (const [number, message] of data) {
    unread += yield* readData(number, message, { resource, metric: name, unit }, sink);
  }
  return unread;
}

function* readData(number: number, data: Fields, metric: Metric, sink: MetricSink): Work<number> {
  let isDelta = false;
  const points: Fields[] = [];
  while (data.next()) {
    if (data.number === 1 && data.type === BYTES) points.push(data.bounded(MOST_FIELDS));
    else if (data.number === 2 && data.type === VARINT) isDelta = data.low === DELTA;
  }
  let unread = data.broken ? 1 : 0;
  for (const fields of points) {
    yield;
    const point =
      number === SUM
        ? numberPoint(fields)
        : number === HISTOGRAM
          ? histogramPoint(fields)
          : exponentialPoint(fields);
    if (point === undefined || fields.broken) unread++;
    else if (point !== "missing") sink.point({ ...metric, ...point, isDelta });
  }
  return unread;
}

type Point = Pick<FoundPoint, "attributes" | "start" | "time" | "value">;

/** What is read of a point: "missing" if it only says that there is none, `undefined` if it is broken. */
type ReadPoint = Point | "missing" | undefined;

function numberPoint(fields: Fields): ReadPoint {
  const attributes = new Map<string, string>();
  let [start, time, flags] = [0, 0, 0];
  let value: number | undefined;
  while (fields.next()) {
    const { number, type } = fields;
    if (number === 7 && type === BYTES) readPair(fields.message(), attributes);
    else if (number === 8 && type === VARINT) flags = fields.low;
    else if (type !== FIXED64) continue;
    else if (number === 2) start = fields.microseconds();
    else if (number === 3) time = fields.microseconds();
    else if (number === 4) value = fields.double();
    else if (number === 6) value = fields.integer();
  }
  if ((flags & NO_RECORDED_VALUE) !== 0) return "missing";
  return value === undefined ? undefined : { attributes, start, time, value };
}

function histogramPoint(fields: Fields): ReadPoint {
  const attributes = new Map<string, string>();
  let [start, time, sum, flags] = [0, 0, 0, 0];
  const counts: number[] = [];
  const bounds: number[] = [];
  let isSound = true;
  while (fields.next()) {
    const { number, type } = fields;
    if (number === 9 && type === BYTES) readPair(fields.message(), attributes);
    else if (number === 6) isSound &&= fields.fixed64s(counts, MOST_BUCKETS);
    else if (number === 7) isSound &&= fields.doubles(bounds, MOST_BUCKETS);
    else if (number === 10 && type === VARINT) flags = fields.low;
    else if (type !== FIXED64) continue;
    else if (number === 2) start = fields.microseconds();
    else if (number === 3) time = fields.microseconds();
    else if (number === 5) sum = fields.double();
  }
  if ((flags & NO_RECORDED_VALUE) !== 0) return "missing";
  return isSound ? { attributes, start, time, value: { kind: "explicit", counts, bounds, sum } } : undefined;
}

function exponentialPoint(fields: Fields): ReadPoint {
  const attributes = new Map<string, string>();
  let [start, time, sum, scale, zeroCount, offset, flags] = [0, 0, 0, 0, 0, 0, 0];
  const counts: number[] = [];
  let isSound = true;
  while (fields.next()) {
    const { number, type } = fields;
    if (number === 1 && type === BYTES) readPair(fields.message(), attributes);
    else if (number === 6 && type === VARINT) scale = fields.zigzag();
    else if (number === 10 && type === VARINT) flags = fields.low;
    else if (number === 8 && type === BYTES) {
      const buckets = fields.message();
      while (buckets.next()) {
        if (buckets.number === 1 && buckets.type === VARINT) offset = buckets.zigzag();
        else if (buckets.number === 2) isSound &&= buckets.varints(counts, MOST_BUCKETS);
      }
      isSound &&= !buckets.broken;
    } else if (type !== FIXED64) continue;
    else if (number === 2) start = fields.microseconds();
    else if (number === 3) time = fields.microseconds();
    else if (number === 5) sum = fields.double();
    else if (number === 7) zeroCount = fields.unsigned();
  }
  if ((flags & NO_RECORDED_VALUE) !== 0) return "missing";
  const value: FoundHistogram = { kind: "exponential", scale, zeroCount, offset, counts, sum };
  return isSound ? { attributes, start, time, value } : undefined;
}

/** Reads a `KeyValue`. Lists and maps as values are not told apart. */
function readPair(pair: Fields, attributes: Map<string, string>): void {
  let key = "";
  let value: Fields | undefined;
  while (pair.next()) {
    if (pair.type !== BYTES) continue;
    if (pair.number === 1) key = pair.text();
    else if (pair.number === 2) value = pair.message();
  }
  if (value !== undefined) attributes.set(key, textOfValue(value));
}

function textOfValue(any: Fields): string {
  let text = "";
  while (any.next()) {
    if (any.number === 1 && any.type === BYTES) text = any.text();
    else if (any.number === 2 && any.type === VARINT) text = String(any.low !== 0);
    else if (any.number === 3 && any.type === VARINT) text = String(any.integer());
    else if (any.number === 4 && any.type === FIXED64) text = String(any.double());
    else if (any.type === BYTES) text = any.hex();
  }
  return text;
}
