// OpenTelemetry for a service of the chain: the library, and the stock instrumentations of all that the chain is made of.
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import { DiagConsoleLogger, DiagLogLevel, diag } from "@opentelemetry/api";
import { AmqplibInstrumentation } from "@opentelemetry/instrumentation-amqplib";
import { GrpcInstrumentation } from "@opentelemetry/instrumentation-grpc";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { installGrpc } from "otel-error-tree/grpc";
import { edgesIn, KeptMetrics } from "../../support/kept-metrics.ts";
import { withErrorTree } from "../../support/limited-set-up.ts";
import { onAsk } from "../../support/process/in-child.ts";
import { startNodeSdk } from "../../support/start-sdk.ts";

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

const metrics = process.env.METRICS === "kept" ? new KeptMetrics() : undefined;
if (metrics !== undefined) onAsk({ edges: async () => edgesIn(await metrics.read()) });

startNodeSdk(
  withErrorTree(
    {
      ...(process.env.OTEL_TRACES_SAMPLER === undefined ? { sampler: new AlwaysOffSampler() } : undefined),
      instrumentations: [
        new HttpInstrumentation(),
        new GrpcInstrumentation(),
        new AmqplibInstrumentation(),
        new PgInstrumentation(),
      ],
      metricReaders: metrics === undefined ? [] : [metrics],
    },
    { trust: "loopback" },
  ),
);
installGrpc(createRequire(import.meta.url)("@grpc/grpc-js") as typeof Grpc);
