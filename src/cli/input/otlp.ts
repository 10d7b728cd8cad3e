// Recognises OTLP JSON, whole or in parts, as exporters, Collectors, Tempo and Jaeger's v3 API write it.
import { isObject, type JsonObject, objectsIn, textIn } from "../../otlp/json-value.ts";
import { readResourceSpans, readSpan, scopesOf, serviceName } from "../../otlp/read-json.ts";
import { atOnce } from "../../otlp/work.ts";
import type { DocumentFormat } from "./document-format.ts";

const request: DocumentFormat = {
  name: "OTLP request",
  recognises: (document) => Array.isArray(document.resourceSpans ?? document.resource_spans),
  read(document, reading) {
    for (const resourceSpans of objectsIn(document.resourceSpans ?? document.resource_spans)) {
      reading.unread(atOnce(readResourceSpans(resourceSpans, reading)));
    }
  },
};

const resourceSpans: DocumentFormat = {
  name: "OTLP ResourceSpans",
  recognises: (document) => Array.isArray(scopesOf(document)),
  read: (document, reading) => reading.unread(atOnce(readResourceSpans(document, reading))),
};

const scopeSpans: DocumentFormat = {
  name: "OTLP ScopeSpans",
  recognises: ({ spans }) => Array.isArray(spans) && isObject(spans[0]) && isSpan(spans[0]),
  read: (document, reading) => reading.unread(atOnce(readResourceSpans({ scopeSpans: [document] }, reading))),
};

const span: DocumentFormat = {
  name: "OTLP span",
  recognises: isSpan,
  read(document, reading) {
    const { resource } = document;
    const service = isObject(resource) ? serviceName(resource.attributes) : textIn(document.serviceName);
    if (!readSpan(document, service, reading)) reading.unread(1);
  },
};

/** The times have names that no other format has. */
function isSpan(document: JsonObject): boolean {
  const hasIds = "spanId" in document || "span_id" in document;
  return hasIds && ("startTimeUnixNano" in document || "start_time_unix_nano" in document);
}

export const OTLP_FORMATS: readonly DocumentFormat[] = [request, resourceSpans, scopeSpans, span];
