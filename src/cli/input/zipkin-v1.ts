// Reads Zipkin's JSON of version 1, in which one span may hold both sides of a call: each side becomes a span of version 2.
import { isObject, type JsonObject, numberIn, objectsIn, textIn } from "../../otlp/json-value.ts";
import type { DocumentFormat } from "./document-format.ts";
import { ZIPKIN } from "./zipkin.ts";

/** The annotations that begin and end a side. */
const SIDES = [
  { kind: "CLIENT", begin: "cs", end: "cr" },
  { kind: "SERVER", begin: "sr", end: "ss" },
] as const;

const CORE: ReadonlySet<unknown> = new Set(SIDES.flatMap(({ begin, end }) => [begin, end]));

/** Source: zipkin-api, zipkin-api.yaml, "Span" of version 1. */
export const ZIPKIN_V1: DocumentFormat = {
  name: "Zipkin v1",
  recognises: (document) =>
    typeof document.traceId === "string" &&
    typeof document.id === "string" &&
    (Array.isArray(document.binaryAnnotations) ||
      objectsIn(document.annotations).some(({ value }) => CORE.has(value))),
  read(document, reading) {
    for (const side of sidesOf(document)) ZIPKIN.read(side, reading);
  },
};

function sidesOf(document: JsonObject): JsonObject[] {
  const annotations = objectsIn(document.annotations);
  const tags = objectsIn(document.binaryAnnotations);
  const sides = SIDES.flatMap(({ kind, begin, end }) => {
    const began = annotations.find(({ value }) => value === begin);
    const ended = annotations.find(({ value }) => value === end);
    const either = began ?? ended;
    if (either === undefined) return [];
    const endpoint = either.endpoint ?? document.localEndpoint;
    const start = numberIn(began?.timestamp) || numberIn(document.timestamp);
    const duration =
      began !== undefined && ended !== undefined ? numberIn(ended.timestamp) - start : document.duration;
    const own = tags.filter((tag) => nameOf(tag.endpoint) === nameOf(endpoint));
    return [
      sideOf(document, { kind, localEndpoint: endpoint, timestamp: start, duration, tags: tagsOf(own) }),
    ];
  });
  if (sides.length > 0) return sides;
  // A local span: whoever wrote its tags.
  const localEndpoint = tags.find(({ endpoint }) => isObject(endpoint))?.endpoint ?? document.localEndpoint;
  return [sideOf(document, { localEndpoint, tags: tagsOf(tags) })];
}

function sideOf(
  { traceId, id, parentId, name, timestamp, duration }: JsonObject,
  more: JsonObject,
): JsonObject {
  return { traceId, id, parentId, name, timestamp, duration, ...more };
}

function nameOf(endpoint: unknown): string | undefined {
  return isObject(endpoint) ? textIn(endpoint.serviceName) : undefined;
}

function tagsOf(annotations: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(
    annotations.flatMap(({ key, value }) => (typeof key === "string" ? [[key, value]] : [])),
  );
}
