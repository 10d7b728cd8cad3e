// OpenTelemetry for one service under test, loaded before its program; nothing is head-sampled unless the variable says so.
import { createRequire } from "node:module";
import { FastifyOtelInstrumentation } from "@fastify/otel";
import { DiagConsoleLogger, DiagLogLevel, diag } from "@opentelemetry/api";
import { CompositePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { ExpressInstrumentation } from "@opentelemetry/instrumentation-express";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { KoaInstrumentation } from "@opentelemetry/instrumentation-koa";
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import type { ErrorTreeOptions } from "otel-error-tree";
import { createErrorTree, withErrorTree } from "./limited-set-up.ts";
import { endWithParent, onAsk } from "./process/in-child.ts";

// A service that works prints nothing: warnings of the library make its test fail.
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const OPTIONS: ErrorTreeOptions = process.env.TRUST === "nobody" ? {} : { trust: "loopback" };
const configuration = {
  serviceName: process.env.SERVICE_NAME ?? "service",
  sampler: new AlwaysOffSampler(),
  instrumentations: [
    new HttpInstrumentation(),
    new UndiciInstrumentation(),
    new ExpressInstrumentation(),
    new KoaInstrumentation(),
    new FastifyOtelInstrumentation({ registerOnInitialization: true }),
    new PgInstrumentation(),
  ],
  autoDetectResources: false,
};

let counts: () => object | undefined = () => undefined;
const sdk = new NodeSDK(process.env.PARTS === "by-hand" ? byHand() : byWrapping());
sdk.start();

endWithParent();
// Whoever reads what was exported can have it all written first.
onAsk({ shutdown: () => sdk.shutdown(), counts: () => counts() });

// The instrumentation patches what `require` loads, and the same object is the default export of `node:http`.
createRequire(import.meta.url)("node:http");

/** Where the variable names a sampler, that one is the user's. */
function byWrapping(): ReturnType<typeof withErrorTree> {
  const { sampler, ...rest } = configuration;
  return withErrorTree(process.env.OTEL_TRACES_SAMPLER === undefined ? { ...rest, sampler } : rest, OPTIONS);
}

/** The same set-up from its parts, which tell what they counted. */
function byHand(): ConstructorParameters<typeof NodeSDK>[0] {
  const parts = createErrorTree(OPTIONS);
  counts = () => parts.counts();
  return {
    ...configuration,
    sampler: parts.sampler(configuration.sampler),
    textMapPropagator: parts.propagator(
      new CompositePropagator({ propagators: [new W3CTraceContextPropagator()] }),
    ),
    spanProcessors: [parts.spanProcessor(new OTLPTraceExporter())],
  };
}
