// OpenTelemetry for the plan: nothing is head-sampled, and what is exported is printed in place of being sent.
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler, type ReadableSpan, type SpanExporter } from "@opentelemetry/sdk-trace";
import { formatTree, onFailure, withErrorTree } from "otel-error-tree";

/** The time after which it is said what has failed so far. */
const REPORT_MS = 300_000;

/** Starts it; the returned function ends it. */
export function startOtel(speed: number): () => Promise<void> {
  const exporter = new PrintedSpans();
  const sdk = new NodeSDK(
    withErrorTree(
      {
        serviceName: "robot",
        sampler: new AlwaysOffSampler(),
        traceExporter: exporter,
        instrumentations: [],
      },
      // Nobody asks the robot for a tree: without `trust` there would only be a hint about it.
      { trust: "loopback", fragmentTimeoutMs: Math.max(REPORT_MS / speed, 1_000) },
    ),
  );
  sdk.start();
  onFailure(({ tree }) => {
    if (tree !== undefined) console.log(`\nat the end:\n${formatTree(tree)}`);
  });
  return async () => {
    await sdk.shutdown();
    console.log(`\nspans exported at the end: ${exporter.spans}; reports while it ran: ${exporter.reports}`);
  };
}

class PrintedSpans implements SpanExporter {
  spans = 0;
  reports = 0;

  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    for (const { attributes } of spans) {
      if (attributes["error_tree.progress"] !== true) {
        this.spans++;
        continue;
      }
      this.reports++;
      console.log(`\n${attributes["error_tree.text"]}`);
    }
    done({ code: 0 });
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}
