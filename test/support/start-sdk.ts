// Starts a NodeSDK for a service under test: with the stock instrumentations, and nothing that the environment adds.
import { createRequire } from "node:module";
import { type DiagLogLevel, diag } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK, type NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import type { ErrorTreeParts } from "otel-error-tree";

/** Starts it; by default the variable `SERVICE_NAME` says the name. */
export function startNodeSdk({
  serviceName = process.env.SERVICE_NAME ?? "service",
  instrumentations = [new HttpInstrumentation(), new UndiciInstrumentation()],
  ...rest
}: Partial<NodeSDKConfiguration>): NodeSDK {
  const sdk = new NodeSDK({
    serviceName,
    instrumentations,
    autoDetectResources: false,
    metricReaders: [],
    logRecordProcessors: [],
    ...rest,
  });
  sdk.start();
  // The instrumentation patches what `require` loads, and the same objects are the default exports of both modules.
  const require = createRequire(import.meta.url);
  require("node:http");
  require("node:https");
  return sdk;
}

/** Starts it with the parts of the library around a sampler, which by default samples nothing. */
export function startWithParts(
  parts: ErrorTreeParts,
  { sampler = new AlwaysOffSampler(), ...rest }: Partial<NodeSDKConfiguration>,
): NodeSDK {
  return startNodeSdk({
    sampler: parts.sampler(sampler),
    textMapPropagator: parts.propagator(new W3CTraceContextPropagator()),
    ...rest,
  });
}

/** Takes all messages of this level and above that a host with a logger would have in its log. */
export function keepDiagnostics(level: DiagLogLevel): string[] {
  const lines: string[] = [];
  const keep = (message: string, ...more: unknown[]): void => {
    lines.push([message, ...more].join(" "));
  };
  diag.setLogger({ error: keep, warn: keep, info: keep, debug: keep, verbose: keep }, level);
  return lines;
}
