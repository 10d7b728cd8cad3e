// OpenTelemetry for a service in a process of its own: `node --import ./sdk-register.ts program.ts`.
import { createRequire } from "node:module";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { withErrorTree } from "otel-error-tree";

const configuration = {
  serviceName: process.env.SERVICE_NAME ?? "service",
  sampler: new AlwaysOffSampler(),
  instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
  autoDetectResources: false,
  metricReaders: [],
  logRecordProcessors: [],
};

new NodeSDK(withErrorTree(configuration, { trust: "loopback", headerBytes: 2048 })).start();
createRequire(import.meta.url)("node:http");
