// OpenTelemetry of a program behind or before the proxies, from its parts: they tell what the library counted.
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { createErrorTree, type ErrorTreeParts } from "otel-error-tree";
import { startWithParts } from "../../support/start-sdk.ts";

/** Takes what is exported and keeps nothing: spans count as exported, and say so in the answers. */
const NOWHERE: SpanExporter = {
  export: (_, done) => done({ code: 0 }),
  shutdown: async () => {},
};

/** Starts the SDK with the library around it, or without where `OTEL_ERROR_TREE_DISABLED` says so. */
export function startTelemetry(serviceName: string): ErrorTreeParts {
  const parts = createErrorTree({ trust: "loopback" });
  startWithParts(parts, { serviceName, spanProcessors: [parts.spanProcessor(NOWHERE)] });
  return parts;
}
