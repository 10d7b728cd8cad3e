// Reads Zipkin's JSON of version 2.
import { ReadAttributes } from "../../otlp/dialect.ts";
import type { FoundEvent } from "../../otlp/events.ts";
import { spanIdIn, traceIdIn } from "../../otlp/ids.ts";
import { isObject, type JsonObject, numberIn, objectsIn, textIn } from "../../otlp/json-value.ts";
import { spanFacts } from "../../otlp/read-span.ts";
import type { DocumentFormat, DocumentReading } from "./document-format.ts";

/** Source: zipkin-api, zipkin2-api.yaml. */
export const ZIPKIN: DocumentFormat = {
  name: "Zipkin v2",
  recognises: (document) =>
    typeof document.traceId === "string" &&
    typeof document.id === "string" &&
    !("spanId" in document) &&
    MEMBERS.some((name) => name in document),
  read: readSpan,
};

const MEMBERS = ["localEndpoint", "timestamp", "kind", "tags", "annotations", "duration", "shared"] as const;

function readSpan(found: JsonObject, reading: DocumentReading): void {
  const traceId = traceIdIn(found.traceId);
  const spanId = spanIdIn(found.id);
  if (traceId === undefined || spanId === undefined) {
    reading.unread(1);
    return;
  }
  const tags = isObject(found.tags) ? found.tags : {};
  const attributes = new ReadAttributes();
  // That the tag is there says that the span failed; its value says why.
  const failed = "error" in tags;
  for (const key in tags) if (key !== "error") attributes.set(key, tags[key]);
  const message = failed ? textIn(tags.error) : undefined;
  if (message !== undefined && !/^(?:true|false|error)$/i.test(message))
    attributes.set("error.message", message);
  setPeer(attributes, found);
  const start = numberIn(found.timestamp);
  const facts = spanFacts({
    spanId,
    parentId: spanIdIn(found.parentId),
    service: serviceOf(found.localEndpoint, tags),
    kind: found.kind,
    name: found.name,
    status: failed ? "error" : "unset",
    attributes,
    events: found.annotations === undefined ? [] : objectsIn(found.annotations).flatMap(readAnnotation),
    start,
    end: start + numberIn(found.duration),
  });
  reading.span(traceId, facts);
}

/** Whom a caller talked to; the peer of a server is its caller, which says nothing about it. */
function setPeer(attributes: ReadAttributes, { kind, remoteEndpoint }: JsonObject): void {
  if ((kind !== "CLIENT" && kind !== "PRODUCER") || !isObject(remoteEndpoint)) return;
  const address = textIn(remoteEndpoint.ipv4) ?? textIn(remoteEndpoint.ipv6);
  attributes.set("peer.service", serviceIn(remoteEndpoint) ?? address);
  attributes.set("net.peer.port", remoteEndpoint.port);
}

/** Exporters of OpenTelemetry may know the name only as a tag. */
function serviceOf(endpoint: unknown, tags: JsonObject): string | undefined {
  const name = serviceIn(endpoint);
  return name === undefined || name.startsWith("unknown_service")
    ? (textIn(tags["service.name"]) ?? name)
    : name;
}

function serviceIn(endpoint: unknown): string | undefined {
  return isObject(endpoint) ? textIn(endpoint.serviceName) : undefined;
}

/** Exporters of OpenTelemetry write an event as its name, or with its attributes as JSON behind it. */
function readAnnotation({ value }: JsonObject): FoundEvent[] {
  const [, name, json] = (typeof value === "string" && /^\{?"(\w+)":\s*(\{.*\})$/s.exec(value)) || [];
  if (name === undefined || json === undefined) return [];
  const text = (value as string).startsWith("{") ? json.slice(0, -1) : json;
  try {
    const attributes: unknown = JSON.parse(text);
    return isObject(attributes) ? [{ name, attributes }] : [];
  } catch {
    return [];
  }
}
