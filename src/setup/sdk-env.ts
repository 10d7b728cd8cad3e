// Makes from the environment what NodeSDK would have made, for the parts of its configuration that we fill in.
import type { TextMapPropagator } from "@opentelemetry/api";
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
import type { Complain } from "../options/environment.ts";
import { shown } from "../options/option-types.ts";
import { construct } from "./construct.ts";
import { LateExporter, LatePropagator } from "./late.ts";

/** What B3 writes in several fields. Source: https://github.com/openzipkin/b3-propagation */
const B3_FIELDS = ["x-b3-traceid", "x-b3-spanid", "x-b3-flags", "x-b3-sampled", "x-b3-parentspanid"];

/** The sampler of `OTEL_TRACES_SAMPLER`; by default every root span, and for others what their parent decided. */
export function samplerFromEnv(complain: Complain): Sampler {
  const name = getStringFromEnv("OTEL_TRACES_SAMPLER");
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratioFromEnv(complain));
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratioFromEnv(complain)) });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case undefined:
    case "parentbased_always_on":
      break;
    default:
      complain(`OTEL_TRACES_SAMPLER is unknown: ${shown(name)}; "parentbased_always_on" holds instead`);
  }
  return new ParentBasedSampler({ root: new AlwaysOnSampler() });
}

function ratioFromEnv(complain: Complain): number {
  const ratio = getNumberFromEnv("OTEL_TRACES_SAMPLER_ARG");
  if (ratio !== undefined && ratio >= 0 && ratio <= 1) return ratio;
  const got = shown(getStringFromEnv("OTEL_TRACES_SAMPLER_ARG") ?? "");
  complain(`OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, got ${got}; 1 holds instead`);
  return 1;
}

/** The propagator of `OTEL_PROPAGATORS`, `null` if it is `none`; by default W3C trace context and baggage. */
export function propagatorFromEnv(complain: Complain): TextMapPropagator | null {
  const names = new Set(getStringListFromEnv("OTEL_PROPAGATORS") ?? ["tracecontext", "baggage"]);
  if (names.has("none")) return null;
  const propagators: TextMapPropagator[] = [];
  for (const name of names) {
    const propagator = propagatorOf(name, complain);
    if (propagator !== undefined) propagators.push(propagator);
  }
  return propagators.length === 0 ? null : new CompositePropagator({ propagators });
}

/** The fields of the user's propagator; none if it throws or returns something else. */
export function fieldsOf(propagator: TextMapPropagator): string[] {
  try {
    return propagator.fields().map(String);
  } catch {
    return [];
  }
}

function propagatorOf(name: string, complain: Complain): TextMapPropagator | undefined {
  const wanted = { reason: `OTEL_PROPAGATORS asks for ${name}`, without: "it is left out", complain };
  const of = (
    packageName: string,
    className: string,
    fields: readonly string[],
    argument?: unknown,
  ): TextMapPropagator | undefined =>
    construct<TextMapPropagator>({
      ...wanted,
      packageName,
      className,
      argument,
      late: (coming) => new LatePropagator(fields, coming),
    });
  switch (name) {
    case "tracecontext":
      return new W3CTraceContextPropagator();
    case "baggage":
      return new W3CBaggagePropagator();
    case "b3":
      return of("@opentelemetry/propagator-b3", "B3Propagator", ["b3"]);
    case "b3multi":
      // 1 is B3InjectEncoding.MULTI_HEADER.
      return of("@opentelemetry/propagator-b3", "B3Propagator", B3_FIELDS, { injectEncoding: 1 });
    case "jaeger":
      return of("@opentelemetry/propagator-jaeger", "JaegerPropagator", ["uber-trace-id"]);
    default:
      complain(`OTEL_PROPAGATORS names an unknown propagator: ${shown(name)}; it is left out`);
      return undefined;
  }
}

/** The exporters of `OTEL_TRACES_EXPORTER`; by default OTLP, with the protocol of the OTLP variables. */
export function exportersFromEnv(complain: Complain): SpanExporter[] {
  let names = [...new Set(getStringListFromEnv("OTEL_TRACES_EXPORTER") ?? [])].filter(
    (name) => name !== "null",
  );
  if (names[0] === "none") return [];
  if (names.length === 0 || names.includes("none")) names = ["otlp"];
  return names.flatMap((name) => exporterOf(name, complain) ?? []);
}

function exporterOf(name: string, complain: Complain): SpanExporter | undefined {
  switch (name) {
    case "otlp":
      return otlpExporter(complain);
    case "console":
      return new ConsoleSpanExporter();
    case "zipkin":
      return exporterOfPackage("@opentelemetry/exporter-zipkin", "ZipkinExporter", {
        reason: "OTEL_TRACES_EXPORTER asks for zipkin",
        complain,
      });
    default:
      complain(`OTEL_TRACES_EXPORTER names an unknown exporter: ${shown(name)}; it is left out`);
      return undefined;
  }
}

function otlpExporter(complain: Complain): SpanExporter | undefined {
  const protocol =
    getStringFromEnv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ??
    getStringFromEnv("OTEL_EXPORTER_OTLP_PROTOCOL") ??
    "http/protobuf";
  const packages: Readonly<Record<string, string>> = {
    grpc: "@opentelemetry/exporter-trace-otlp-grpc",
    "http/json": "@opentelemetry/exporter-trace-otlp-http",
    "http/protobuf": "@opentelemetry/exporter-trace-otlp-proto",
  };
  const name = Object.hasOwn(packages, protocol) ? packages[protocol] : undefined;
  if (name === undefined) {
    complain(`the OTLP protocol is unknown: ${shown(protocol)}; "http/protobuf" holds instead`);
  }
  return exporterOfPackage(name ?? "@opentelemetry/exporter-trace-otlp-proto", "OTLPTraceExporter", {
    reason: name === undefined ? "spans go out by OTLP" : `the OTLP protocol is ${protocol}`,
    complain,
  });
}

function exporterOfPackage(
  packageName: string,
  className: string,
  wanted: { readonly reason: string; readonly complain: Complain },
): SpanExporter | undefined {
  return construct<SpanExporter>({
    ...wanted,
    packageName,
    className,
    without: "nothing is exported there",
    late: (coming) => new LateExporter(coming),
  });
}

/** The processor that NodeSDK would put in front of an exporter. It uses `shared`, which stands for the exporter. */
export function processorFromEnv(
  exporter: SpanExporter,
  shared: SpanExporter,
  complain: Complain,
): SpanProcessor {
  if (exporter instanceof ConsoleSpanExporter) return new SimpleSpanProcessor({ exporter: shared });
  const settings = {
    maxQueueSize: positiveFromEnv("OTEL_BSP_MAX_QUEUE_SIZE", complain),
    scheduledDelayMillis: positiveFromEnv("OTEL_BSP_SCHEDULE_DELAY", complain),
    exportTimeoutMillis: positiveFromEnv("OTEL_BSP_EXPORT_TIMEOUT", complain),
    maxExportBatchSize: positiveFromEnv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", complain),
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return new BatchSpanProcessor({ exporter: shared, ...Object.fromEntries(given) });
}

function positiveFromEnv(variable: string, complain: Complain): number | undefined {
  const text = getStringFromEnv(variable);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0) return value;
  complain(
    `${variable} must be a number greater than 0, got ${shown(text)}; the default of the SDK holds instead`,
  );
  return undefined;
}
