// The two ways to have failed requests in the backend: what the services export, and what the Collector does with it.
import type { CollectorOptions } from "../../../collector-config/run/collector.ts";

export type VariantName = "ours" | "usual";

/** Share of the requests that go well, to be in the backend beside those that fail, in percent. */
export const SAMPLED_PERCENT = 1;

/**
 * Where the usual Collector takes secrets out: of the spans that it keeps, which is the least work; of all, before it
 * samples; or nowhere, and then ours does not either.
 */
export const REDACTIONS = ["kept", "all", "off"] as const;
export type Redaction = (typeof REDACTIONS)[number];

/** Who takes them out of what ours exports by force: the service, with `redactSpans`, or the Collector. */
export const REDACTORS = ["service", "collector"] as const;
export type Redactor = (typeof REDACTORS)[number];

/** One way. */
export interface Variant {
  readonly name: VariantName;
  readonly title: string;
  /** The services redact what they export by force. */
  readonly redactSpans: boolean;
  /** The Collector's configuration, after common.yaml: one of ours, or another. */
  readonly collector: Pick<CollectorOptions, "pipeline" | "overrides">;
}

const REDACTION = ["transform/open", "redaction", "transform/close"];
const TAIL_SAMPLING = {
  decision_wait: "10s",
  num_traces: 50_000,
  policies: [
    { name: "failed", type: "status_code", status_code: { status_codes: ["ERROR"] } },
    {
      name: "a share of the others",
      type: "probabilistic",
      probabilistic: { sampling_percentage: SAMPLED_PERCENT },
    },
  ],
};

/** Both Collectors have the same receiver, memory limit and queue on disk; the usual one samples. */
export function variantsFor(
  redaction: Redaction,
  redactor: Redactor,
): readonly [ours: Variant, usual: Variant] {
  const usual = {
    all: [...REDACTION, "tail_sampling"],
    kept: ["tail_sampling", ...REDACTION],
    off: ["tail_sampling"],
  }[redaction];
  return [
    {
      name: "ours",
      title: "ours",
      redactSpans: redaction !== "off" && redactor === "service",
      collector: redaction === "off" ? { overrides: pipelineOf([]) } : { pipeline: "single" },
    },
    {
      name: "usual",
      title: "100 % and tail_sampling",
      redactSpans: false,
      collector: { overrides: { processors: { tail_sampling: TAIL_SAMPLING }, ...pipelineOf(usual) } },
    },
  ];
}

/** As in single.yaml, with these processors. */
function pipelineOf(processors: readonly string[]): object {
  const traces = {
    receivers: ["otlp"],
    processors: ["memory_limiter", ...processors],
    exporters: ["otlp_grpc/jaeger"],
  };
  const metrics = { receivers: ["otlp"], processors: ["memory_limiter"], exporters: ["prometheus"] };
  return { service: { pipelines: { traces, metrics } } };
}
