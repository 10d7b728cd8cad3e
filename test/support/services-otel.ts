// OpenTelemetry for one service under test, loaded before its program; nothing is head-sampled unless the variable says so.
import { FastifyOtelInstrumentation } from "@fastify/otel";
import { DiagConsoleLogger, DiagLogLevel, diag } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { ExpressInstrumentation } from "@opentelemetry/instrumentation-express";
import { GrpcInstrumentation } from "@opentelemetry/instrumentation-grpc";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { KoaInstrumentation } from "@opentelemetry/instrumentation-koa";
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import type { NodeSDK, NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import type { ErrorTreeOptions } from "otel-error-tree";
import { edgesIn, KeptMetrics } from "./kept-metrics.ts";
import { createErrorTree, withErrorTree } from "./limited-set-up.ts";
import { endWithParent, onAsk } from "./process/in-child.ts";
import { startNodeSdk, startWithParts } from "./start-sdk.ts";

// A service that works prints nothing: warnings of the library make its test fail.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const metrics = process.env.METRICS === "kept" ? new KeptMetrics() : undefined;
const OPTIONS: ErrorTreeOptions = process.env.TRUST === "nobody" ? {} : { trust: "loopback" };
const configuration = {
  sampler: new AlwaysOffSampler(),
  instrumentations: [
    new HttpInstrumentation(),
    new UndiciInstrumentation(),
    new ExpressInstrumentation(),
    new KoaInstrumentation(),
    new FastifyOtelInstrumentation({ registerOnInitialization: true }),
    new PgInstrumentation(),
    new GrpcInstrumentation(),
  ],
  metricReaders: metrics === undefined ? [] : [metrics],
};

let counts: () => object | undefined = () => undefined;
const sdk = process.env.PARTS === "by-hand" ? startByHand() : startNodeSdk(wrapped());

endWithParent();
// Whoever reads what was exported can have it all written first.
onAsk({
  shutdown: () => sdk.shutdown(),
  counts: () => counts(),
  edges: async () => (metrics === undefined ? [] : edgesIn(await metrics.read())),
});

/** Where the variable names a sampler, that one is the user's. */
function wrapped(): Partial<NodeSDKConfiguration> {
  const { sampler, ...rest } = configuration;
  return withErrorTree(process.env.OTEL_TRACES_SAMPLER === undefined ? { ...rest, sampler } : rest, OPTIONS);
}

/** The same set-up from its parts, which tell what they counted. */
function startByHand(): NodeSDK {
  const parts = createErrorTree(OPTIONS);
  counts = () => parts.counts();
  return startWithParts(parts, {
    ...configuration,
    spanProcessors: [parts.spanProcessor(new OTLPTraceExporter())],
  });
}
