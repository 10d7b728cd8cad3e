// The backend: an OTLP/HTTP receiver that counts bytes and spans and keeps nothing.
import http from "node:http";
import { buffer } from "node:stream/consumers";

/** What was received since the counts were last taken. */
export interface SinkCounts {
  /** Bytes of the bodies, as they were sent. */
  bytes: number;
  spans: number;
  /** Requests that were no export of spans. */
  strange: number;
}

/** A receiver of protobuf at `/v1/traces`. */
export class Sink {
  readonly server: http.Server = http.createServer(
    (request, response) => void this.#receive(request, response),
  );
  #counts: SinkCounts = { bytes: 0, spans: 0, strange: 0 };

  /** The counts so far; counting begins anew. */
  take(): SinkCounts {
    const counts = this.#counts;
    this.#counts = { bytes: 0, spans: 0, strange: 0 };
    return counts;
  }

  async #receive(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await buffer(request);
    if (request.url === "/v1/traces" && request.headers["content-type"] === "application/x-protobuf") {
      this.#counts.bytes += body.length;
      this.#counts.spans += countSpans(body);
    } else {
      this.#counts.strange++;
    }
    response.writeHead(200, { "content-type": "application/x-protobuf" });
    response.end();
  }
}

/**
 * Spans of an ExportTraceServiceRequest: `resource_spans` (1), in each `scope_spans` (2), in each `spans` (2).
 *
 * Source: opentelemetry/proto/trace/v1/trace.proto
 */
function countSpans(request: Uint8Array): number {
  let spans = 0;
  for (const resource of fieldsOf(request, 1)) {
    for (const scope of fieldsOf(resource, 2)) for (const _ of fieldsOf(scope, 2)) spans++;
  }
  return spans;
}

/** The length-delimited fields of one number; OTLP has no others around its spans. */
function* fieldsOf(message: Uint8Array, number: number): Generator<Uint8Array> {
  let at = 0;
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const length = varint();
    if (tag === number * 8 + 2) yield message.subarray(at, at + length);
    at += length;
  }
}
