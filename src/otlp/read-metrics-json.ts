// Reads OTLP metrics in JSON: the points of sums and histograms that somebody wants.
import { isObject, type JsonObject, numberIn, objectsIn, textIn } from "./json-value.ts";
import {
  type FoundHistogram,
  type FoundPoint,
  type MetricSink,
  MOST_BUCKETS,
  NO_RECORDED_VALUE,
  resourceOf,
} from "./metric-point.ts";
import { microseconds } from "./read-json.ts";
import type { Work } from "./work.ts";

/**
 * Reads an element of `resourceMetrics`.
 *
 * Source: opentelemetry-proto, "OTLP/HTTP JSON": numbers of 64 bits are texts.
 *
 * @returns how many of the wanted points could not be read
 */
export function* readResourceMetrics(resourceMetrics: JsonObject, sink: MetricSink): Work<number> {
  const { resource } = resourceMetrics;
  const found = resourceOf(attributesIn(isObject(resource) ? resource.attributes : undefined));
  let unread = 0;
  for (const scopeMetrics of objectsIn(resourceMetrics.scopeMetrics)) {
    for (const metric of objectsIn(scopeMetrics.metrics)) {
      yield;
      const name = textIn(metric.name);
      if (name === undefined || !sink.wants(name)) continue;
      const facts = { resource: found, metric: name, unit: textIn(metric.unit) ?? "" };
      for (const [data, read] of [
        [metric.sum, numberValue],
        [metric.histogram, explicitValue],
        [metric.exponentialHistogram, exponentialValue],
      ] as const) {
        if (isObject(data)) unread += yield* readData(data, read, facts, sink);
      }
    }
  }
  return unread;
}

function* readData(
  data: JsonObject,
  read: (point: JsonObject) => FoundPoint["value"] | undefined,
  facts: Pick<FoundPoint, "resource" | "metric" | "unit">,
  sink: MetricSink,
): Work<number> {
  const { aggregationTemporality: temporality, dataPoints } = data;
  const isDelta = temporality === 1 || temporality === "AGGREGATION_TEMPORALITY_DELTA";
  let unread = 0;
  for (const point of objectsIn(dataPoints)) {
    yield;
    if ((numberIn(point.flags) & NO_RECORDED_VALUE) !== 0) continue;
    const value = read(point);
    if (value === undefined) {
      unread++;
      continue;
    }
    sink.point({
      ...facts,
      attributes: attributesIn(point.attributes),
      isDelta,
      start: microseconds(point.startTimeUnixNano),
      time: microseconds(point.timeUnixNano),
      value,
    });
  }
  return unread;
}

function numberValue({ asInt, asDouble }: JsonObject): number | undefined {
  return asInt === undefined && asDouble === undefined ? undefined : realIn(asInt ?? asDouble);
}

function explicitValue(point: JsonObject): FoundHistogram | undefined {
  const counts = numbersIn(point.bucketCounts);
  const bounds = numbersIn(point.explicitBounds);
  if (counts === undefined || bounds === undefined) return undefined;
  return { kind: "explicit", counts, bounds, sum: numberIn(point.sum) };
}

function exponentialValue(point: JsonObject): FoundHistogram | undefined {
  const positive = isObject(point.positive) ? point.positive : {};
  const counts = numbersIn(positive.bucketCounts);
  if (counts === undefined) return undefined;
  return {
    kind: "exponential",
    scale: numberIn(point.scale),
    zeroCount: realIn(point.zeroCount ?? 0),
    offset: numberIn(positive.offset),
    counts,
    sum: numberIn(point.sum),
  };
}

/** A number, or one as text; `NaN` if it is none, so that whoever checks it sees that. */
function realIn(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
}

function numbersIn(value: unknown): number[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) && value.length <= MOST_BUCKETS ? value.map(realIn) : undefined;
}

function attributesIn(pairs: unknown): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const { key, value } of objectsIn(pairs)) {
    if (typeof key === "string" && isObject(value)) attributes.set(key, textOfValue(value));
  }
  return attributes;
}

/** Lists and maps as values are not told apart. */
function textOfValue({ stringValue, intValue, boolValue, doubleValue }: JsonObject): string {
  const simple = stringValue ?? intValue ?? boolValue ?? doubleValue;
  return typeof simple === "object" ? "" : String(simple ?? "");
}
