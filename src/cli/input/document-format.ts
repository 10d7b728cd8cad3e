// Declares a kind of JSON document: how it is recognised, and how its spans are read.
import type { JsonObject } from "../../otlp/json-value.ts";
import type { SpanSink } from "../../otlp/span-sink.ts";

/** What a format calls while it reads a document. */
export interface DocumentReading extends SpanSink {
  /** Looks for documents in a value that this one holds: an object, a list, or text of JSON. */
  into(value: unknown): void;
  /** Counts spans that cannot be read. */
  unread(spans: number): void;
  /** A document without spans that are read: what it is, and what to do instead. */
  refuse(what: string, instead: string): void;
}

/** One kind of JSON document. A new one is an entry of `DOCUMENT_FORMATS`. */
export interface DocumentFormat {
  /** As docs/cli.md calls it. */
  readonly name: string;
  recognises(document: JsonObject): boolean;
  read(document: JsonObject, reading: DocumentReading): void;
}
