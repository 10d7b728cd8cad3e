// Makes the metrics of a set-up: the counts of its own health, and the flow counts.
import { SYSTEM_CLOCK } from "../clock.ts";
import type { ForcedExport } from "../export/forced-export.ts";
import type { HealthCounts } from "../health/counts.ts";
import { HealthMetrics, type Numbers } from "../health/health-metrics.ts";
import { FlowCounts } from "../observatory/flow/flow-counts.ts";
import { beginReading } from "../observatory/flow/flow-reading.ts";
import type { Complain } from "../options/environment.ts";
import { isFlowWanted } from "../options/options.ts";
import type { Pipeline } from "../pipeline/pipeline.ts";

/** What is counted, and where. */
interface Counted {
  readonly health: HealthCounts;
  readonly exports: Pick<ForcedExport, "waiting">;
  readonly pipeline: Pick<Pipeline, "size">;
  readonly flow: FlowCounts | undefined;
}

/** Counts of requests by edge; `undefined` if they are switched off. */
export function flowCounts(complain: Complain): FlowCounts | undefined {
  return isFlowWanted(complain) ? new FlowCounts() : undefined;
}

/** The metrics of a set-up. Requests are counted by edge from the moment on at which a metric reader is found. */
export function metricsOf({ health, exports, pipeline, flow }: Counted): HealthMetrics {
  const numbers = (): Numbers => {
    const { spans, trees } = exports.waiting;
    return { ...health.all(), fragments_live: pipeline.size, spans_queued: spans, trees_pending: trees };
  };
  const metrics = new HealthMetrics(numbers, health, SYSTEM_CLOCK, (provider, meter) => {
    if (flow === undefined) return;
    beginReading(provider, meter, {
      counts: flow,
      now: () => SYSTEM_CLOCK.now(),
      settled: () => metrics.settled(),
      isClosing: () => metrics.isClosing,
      failed: (error) => health.failed("the flow counts", error),
      say: (line) => health.once("flow counts", line),
    });
  });
  return metrics;
}
