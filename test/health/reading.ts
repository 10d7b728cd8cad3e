// Metric readers as tests use them: they collect when they are told to, and show series by name and attributes.
import { setImmediate as turn } from "node:timers/promises";
import { metrics } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler, type SpanExporter } from "@opentelemetry/sdk-trace";
import { onTestFinished } from "vitest";
import type { Counts } from "../../src/health/counts.ts";
import { SERIES, type SeriesName } from "../../src/health/instruments.ts";
import type { Limits } from "../../src/setup/limits.ts";
import type { ErrorTreeParts } from "../../src/setup/parts.ts";
import { createParts } from "../../src/setup.ts";
import { startSdk } from "../support/sdk-parts.ts";

/** Values by series, as `error_tree.answer.written{error_tree.answer.form=tree}`. */
export type Values = Readonly<Record<string, number>>;

/** A reader that exports when it is flushed or shut down, and never by itself. */
export class TestReader extends PeriodicExportingMetricReader {
  readonly #exporter: InMemoryMetricExporter;

  constructor(temporality: AggregationTemporality = AggregationTemporality.CUMULATIVE) {
    const exporter = new InMemoryMetricExporter(temporality);
    super({ exporter, exportIntervalMillis: 2 ** 31 - 1 });
    this.#exporter = exporter;
  }

  /** What every collection so far showed of us. */
  get collections(): readonly Values[] {
    return this.#exporter.getMetrics().map(valuesOf);
  }

  /** What the last collection showed of us. */
  get last(): Values {
    return this.collections.at(-1) ?? {};
  }

  async read(): Promise<Values> {
    await this.forceFlush();
    return this.last;
  }
}

function valuesOf({ scopeMetrics }: ResourceMetrics): Values {
  const values: Record<string, number> = {};
  for (const { scope, metrics: ours } of scopeMetrics) {
    if (scope.name !== "otel-error-tree") continue;
    for (const { descriptor, dataPoints } of ours) {
      for (const { attributes, value } of dataPoints) {
        values[keyOf(descriptor.name, attributes)] = value as number;
      }
    }
  }
  return values;
}

/** The name of a series. */
export function keyOf(name: string, attributes: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? name : `${name}{${pairs}}`;
}

/** What the series of all counts have to show. */
export function expectedValues(counts: Counts): Values {
  const values: Record<string, number> = {};
  for (const [name, { instrument, attributes }] of Object.entries(SERIES)) {
    if (instrument.kind === "updowncounter") continue;
    values[keyOf(instrument.name, attributes)] = counts[name as keyof Counts] ?? 0;
  }
  return values;
}

/** The name of a series by the count that it shows. */
export function seriesOf(name: SeriesName): string {
  const { instrument, attributes } = SERIES[name];
  return keyOf(instrument.name, attributes);
}

/** A service of this process under a real NodeSDK with such readers. */
export async function startService(
  readers: readonly TestReader[],
  exporter: SpanExporter,
  limits: Limits = {},
): Promise<{ parts: ErrorTreeParts; sdk: NodeSDK }> {
  const parts = createParts({ trust: "loopback" }, { exportDelayMs: 0, ...limits });
  const sdk = startSdk({
    sampler: parts.sampler(new AlwaysOffSampler()),
    textMapPropagator: parts.propagator(new W3CTraceContextPropagator()),
    spanProcessors: [parts.spanProcessor(exporter)],
    metricReaders: [...readers],
  });
  onTestFinished(() => metrics.disable());
  await turn();
  return { parts, sdk };
}
