// Where the services of a lab export to, and who is asked what has arrived: the embedded receiver, or Jaeger behind a Collector.

/** The part of an exported span that the lab looks at. */
export interface ExportedSpan {
  readonly traceId: string;
  readonly service: string;
  /** As OTLP writes them, lowest bit: the sampled flag; absent where the backend does not tell. */
  readonly flags?: number | undefined;
}

/** A backend that is up. */
export interface Backend {
  /** Base URL, as `OTEL_EXPORTER_OTLP_ENDPOINT` wants it. */
  readonly url: string;
  /** As `OTEL_EXPORTER_OTLP_PROTOCOL` wants it. */
  readonly protocol: "http/json" | "http/protobuf";
  /** What stands where, for people. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The spans of one trace that are there by now. */
  spansOf(traceId: string): Promise<readonly ExportedSpan[]> | readonly ExportedSpan[];
  /** Resolves as soon as a trace has so many spans, and with what there is after `timeoutMs`. */
  waitForSpans(traceId: string, count: number, timeoutMs: number): Promise<readonly ExportedSpan[]>;
  /** How a person looks at a trace, one way a line; absent where nothing shows it. */
  lookAt?(traceId: string): readonly string[];
  /** Ends what was started for it. */
  close(): Promise<void>;
}
