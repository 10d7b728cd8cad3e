// Shows the flow counts to the metric readers of a program, from the first one that is found to the last collection.
import type { Meter } from "@opentelemetry/api";
import type { FlowCounts } from "./flow-counts.ts";
import { type MetricData, metricsOf } from "./flow-metrics.ts";
import {
  attach,
  detach,
  hrTimeOf,
  knowsExponential,
  type MetricProducer,
  type Reader,
  readersOf,
  scrapePathOf,
} from "./readers.ts";
import { Replay } from "./replay.ts";

/** The scope of our metrics. */
const SCOPE = "otel-error-tree";

const REPLAYED =
  "the metric readers take no producer of ours, for they are none of the OpenTelemetry SDK or of another version: the durations " +
  "of the flow counts are recorded anew at every collection, and error_tree.edge.server.duration and client.duration are missing";

/** What reading needs. */
export interface ReadingParts {
  readonly counts: FlowCounts;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves when the counts may be read: at a shutdown, when they do not change any more. */
  settled(): Promise<void>;
  /** True at a shutdown: the next collection is the last one. */
  isClosing(): boolean;
  /** An error of ours. */
  failed(error: unknown): void;
  /** Something that the user should know. */
  say(line: string): void;
}

/** Counting begins if the provider has a reader. `meter` is ours. Never throws. */
export function beginReading(provider: unknown, meter: Meter, parts: ReadingParts): void {
  const { counts, now, failed, say } = parts;
  try {
    const readers = readersOf(provider);
    if (readers?.length === 0) return;
    counts.start(now());
    if (readers === undefined) {
      Replay.begin(meter, () => counts.edges(), parts);
      say(REPLAYED);
      return;
    }
    for (const reader of readers) {
      const path = scrapePathOf(reader);
      if (path !== undefined) counts.isScrapedAt(path);
      attach(reader, producerFor(reader, parts));
    }
  } catch (error) {
    failed(error);
  }
}

/** A producer that throws would cost the reader the whole collection. */
function producerFor(
  reader: Reader,
  { counts, now, settled, isClosing, failed }: ReadingParts,
): MetricProducer {
  const isExact = knowsExponential(reader);
  const producer: MetricProducer = {
    async collect() {
      const metrics: MetricData[] = [];
      try {
        const isLast = isClosing();
        await settled();
        const since = hrTimeOf(counts.since);
        metrics.push(...metricsOf(counts.edges(), { since, now: hrTimeOf(now()), isExact }));
        if (isLast) detach(reader, producer);
      } catch (error) {
        failed(error);
      }
      const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { name: SCOPE }, metrics }];
      return { resourceMetrics: { resource: {}, scopeMetrics }, errors: [] };
    },
  };
  return producer;
}
