// Looks for documents of spans in what backends and loggers put around them.
import { isObject, type JsonObject } from "../../otlp/json-value.ts";
import type { DocumentFormat } from "./document-format.ts";

/**
 * Members that hold documents: of Jaeger's and Tempo's answers, of Elasticsearch's, of lists that tools make, and of logs of
 * containers.
 */
const MEMBERS = [
  "data",
  "result",
  "results",
  "trace",
  "traces",
  "batches",
  "spans",
  "Spans",
  "hits",
  "_source",
  "items",
  "log",
  "message",
  "msg",
  "body",
  "MESSAGE",
] as const;

export const WRAPPER: DocumentFormat = {
  name: "wrapper",
  recognises: (document) => MEMBERS.some((name) => holdsDocuments(document[name])),
  read(document, reading) {
    for (const name of MEMBERS) if (holdsDocuments(document[name])) reading.into(document[name]);
  },
};

function holdsDocuments(value: unknown): boolean {
  return Array.isArray(value) || isObject(value) || (typeof value === "string" && /[[{]/.test(value));
}

/** An answer that says that there are no spans is read, too: they are not there, but it is no foreign file. */
export const EMPTY: DocumentFormat = {
  name: "empty answer",
  recognises: (document: JsonObject) =>
    isEmpty(document.data) ||
    isEmpty(document.batches) ||
    isEmpty(document.traces) ||
    (isObject(document.trace) && Object.keys(document.trace).length === 0),
  read: () => {},
};

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
