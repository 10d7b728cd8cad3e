// OpenTelemetry for one lab service, loaded before its program: `node --import ./otel.ts service.ts`.
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace";
import { withErrorTree } from "otel-error-tree";

const configuration = {
  serviceName: process.env.SERVICE_NAME ?? "service",
  // Head sampling at 0 %: whatever reaches the backend, the error tree put there.
  sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0) }),
  instrumentations: [new HttpInstrumentation()],
  autoDetectResources: false,
};

export const sdk: NodeSDK = new NodeSDK(withErrorTree(configuration, { trust: "loopback" }));
sdk.start();
