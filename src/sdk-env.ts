// What NodeSDK would have taken from the environment, for the places of its configuration that we fill.
import { createRequire } from "node:module";
import { diag, type TextMapPropagator } from "@opentelemetry/api";
import {
  CompositePropagator,
  getNumberFromEnv,
  getStringFromEnv,
  getStringListFromEnv,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from "@opentelemetry/core";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";

/** A package that the environment asks for is not installed; thrown at set-up only. */
export class MissingPackageError extends Error {
  override readonly name = "MissingPackageError";
  readonly code = "ERROR_TREE_MISSING_PACKAGE";

  constructor(packageName: string, reason: string, cause: unknown) {
    super(`the package ${packageName} is not installed, and ${reason}: npm install ${packageName}`, {
      cause,
    });
  }
}

/** The sampler of `OTEL_TRACES_SAMPLER`; by default all of what has no parent, else what the parent decided. */
export function samplerFromEnv(): Sampler {
  const name = getStringFromEnv("OTEL_TRACES_SAMPLER");
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratioFromEnv());
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratioFromEnv()) });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case undefined:
    case "parentbased_always_on":
      break;
    default:
      diag.error(`unknown OTEL_TRACES_SAMPLER value "${name}", using default`);
  }
  return new ParentBasedSampler({ root: new AlwaysOnSampler() });
}

function ratioFromEnv(): number {
  const ratio = getNumberFromEnv("OTEL_TRACES_SAMPLER_ARG");
  if (ratio !== undefined && ratio >= 0 && ratio <= 1) return ratio;
  diag.error(`OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, got ${ratio ?? "nothing"}, using 1`);
  return 1;
}

/** The propagator of `OTEL_PROPAGATORS`, `null` where it says none; by default W3C trace context and baggage. */
export function propagatorFromEnv(): TextMapPropagator | null {
  const names = new Set(getStringListFromEnv("OTEL_PROPAGATORS") ?? ["tracecontext", "baggage"]);
  if (names.has("none")) return null;
  const propagators: TextMapPropagator[] = [];
  for (const name of names) {
    const propagator = propagatorOf(name);
    if (propagator !== undefined) propagators.push(propagator);
  }
  return propagators.length === 0 ? null : new CompositePropagator({ propagators });
}

function propagatorOf(name: string): TextMapPropagator | undefined {
  const reason = `OTEL_PROPAGATORS asks for ${name}`;
  switch (name) {
    case "tracecontext":
      return new W3CTraceContextPropagator();
    case "baggage":
      return new W3CBaggagePropagator();
    case "b3":
      return construct("@opentelemetry/propagator-b3", "B3Propagator", reason);
    case "b3multi":
      // 1 is B3InjectEncoding.MULTI_HEADER.
      return construct("@opentelemetry/propagator-b3", "B3Propagator", reason, { injectEncoding: 1 });
    case "jaeger":
      return construct("@opentelemetry/propagator-jaeger", "JaegerPropagator", reason);
    default:
      diag.warn(`Propagator "${name}" requested through environment variable is unavailable.`);
      return undefined;
  }
}

/** The exporters of `OTEL_TRACES_EXPORTER`; by default OTLP, by the protocol that the OTLP variables name. */
export function exportersFromEnv(): SpanExporter[] {
  let names = [...new Set(getStringListFromEnv("OTEL_TRACES_EXPORTER") ?? [])].filter(
    (name) => name !== "null",
  );
  if (names[0] === "none") return [];
  if (names.length === 0 || names.includes("none")) names = ["otlp"];
  return names.flatMap((name) => exporterOf(name) ?? []);
}

function exporterOf(name: string): SpanExporter | undefined {
  const reason = `OTEL_TRACES_EXPORTER asks for ${name}`;
  switch (name) {
    case "otlp":
      return otlpExporter();
    case "console":
      return new ConsoleSpanExporter();
    case "zipkin":
      return construct("@opentelemetry/exporter-zipkin", "ZipkinExporter", reason);
    default:
      diag.warn(`Unrecognized OTEL_TRACES_EXPORTER value: ${name}.`);
      return undefined;
  }
}

function otlpExporter(): SpanExporter {
  const protocol =
    getStringFromEnv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ??
    getStringFromEnv("OTEL_EXPORTER_OTLP_PROTOCOL") ??
    "http/protobuf";
  const packages: Readonly<Record<string, string>> = {
    grpc: "@opentelemetry/exporter-trace-otlp-grpc",
    "http/json": "@opentelemetry/exporter-trace-otlp-http",
    "http/protobuf": "@opentelemetry/exporter-trace-otlp-proto",
  };
  const name = packages[protocol];
  if (name === undefined) {
    diag.warn(`Unsupported OTLP traces protocol: ${protocol}. Using http/protobuf.`);
  }
  return construct(
    name ?? "@opentelemetry/exporter-trace-otlp-proto",
    "OTLPTraceExporter",
    `the OTLP protocol is ${protocol}`,
  );
}

/** The processor that NodeSDK puts in front of an exporter; `shared` is what stands for it. */
export function processorFromEnv(exporter: SpanExporter, shared: SpanExporter): SpanProcessor {
  if (exporter instanceof ConsoleSpanExporter) return new SimpleSpanProcessor({ exporter: shared });
  const settings = {
    maxQueueSize: positiveFromEnv("OTEL_BSP_MAX_QUEUE_SIZE"),
    scheduledDelayMillis: positiveFromEnv("OTEL_BSP_SCHEDULE_DELAY"),
    exportTimeoutMillis: positiveFromEnv("OTEL_BSP_EXPORT_TIMEOUT"),
    maxExportBatchSize: positiveFromEnv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return new BatchSpanProcessor({ exporter: shared, ...Object.fromEntries(given) });
}

function positiveFromEnv(variable: string): number | undefined {
  const value = getNumberFromEnv(variable);
  if (value === undefined || value > 0) return value;
  diag.warn(`${variable} (${value}) is invalid, expected number greater than 0, using default.`);
  return undefined;
}

/**
 * An instance of a class of another package, found where NodeSDK finds it: exporters are its dependencies, not ours.
 * Loaded only when asked for.
 */
function construct<T>(packageName: string, className: string, reason: string, argument?: unknown): T {
  const here = createRequire(import.meta.url);
  let exports: Record<string, new (argument?: unknown) => T>;
  try {
    exports = loadFrom(here, packageName);
  } catch (error) {
    throw new MissingPackageError(packageName, reason, error);
  }
  const Class = exports[className];
  if (Class === undefined)
    throw new MissingPackageError(packageName, `its ${className} is asked for`, undefined);
  return new Class(argument);
}

function loadFrom(here: NodeJS.Require, packageName: string): never {
  try {
    return createRequire(here.resolve("@opentelemetry/sdk-node"))(packageName) as never;
  } catch {
    return here(packageName) as never;
  }
}
