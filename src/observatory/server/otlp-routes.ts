// Answers what exporters and Collectors send over OTLP/HTTP.
import type { IncomingMessage, ServerResponse } from "node:http";
import { BYTES, readRecords } from "../../otlp/fields.ts";
import { isObject, objectsIn } from "../../otlp/json-value.ts";
import { parseJson } from "../../otlp/parse-json.ts";
import type { Work } from "../../otlp/work.ts";
import type { Intake, Taken } from "../intake/intake.ts";
import type { Turns } from "../intake/turns.ts";
import { type Bodies, isLong } from "./body.ts";
import { Refusal } from "./refusal.ts";

/** What the routes work on. */
interface OtlpParts {
  readonly intake: Intake;
  readonly bodies: Bodies;
  readonly turns: Turns;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A signal: how its requests are read, and what its answers call a part that was left out. */
interface Signal {
  readonly rejected: string;
  protobuf(bytes: Buffer, intake: Intake, now: number): Work<Taken>;
  json(document: unknown, intake: Intake, now: number): Work<Taken>;
}

const SIGNALS: Readonly<Record<string, Signal>> = {
  "/v1/traces": {
    rejected: "rejectedSpans",
    protobuf: (bytes, intake, now) => intake.tracesProtobuf(bytes, now),
    json: (document, intake, now) => intake.tracesJson(document, now),
  },
  "/v1/metrics": {
    rejected: "rejectedDataPoints",
    protobuf: (bytes, intake) => intake.metricsProtobuf(bytes),
    json: (document, intake) => intake.metricsJson(document),
  },
  "/v1/logs": {
    rejected: "rejectedLogRecords",
    protobuf: logsInProtobuf,
    json: logsInJson,
  },
};

const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/x-protobuf";

/** True if the path is one of OTLP. */
export function isOtlp(path: string): boolean {
  return Object.hasOwn(SIGNALS, path);
}

/**
 * Answers one request: 200 with what was left out, or an error in the encoding of the request.
 *
 * Source: OpenTelemetry protocol, "OTLP/HTTP response".
 */
export async function answerOtlp(
  path: string,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  { intake, bodies, turns, now }: OtlpParts,
): Promise<void> {
  const signal = SIGNALS[path] as Signal;
  const type = mediaType(request);
  try {
    if (request.method !== "POST") throw new Refusal(405, "OTLP comes by POST.", { allow: "POST" });
    if (type !== JSON_TYPE && type !== PROTOBUF_TYPE)
      throw new Refusal(415, `The type of the body has to be ${PROTOBUF_TYPE} or ${JSON_TYPE}.`);
    const taken = await bodies.use(request, (bytes) =>
      turns.run(
        type === JSON_TYPE ? json(signal, bytes, intake, now()) : signal.protobuf(bytes, intake, now()),
        isLong(bytes),
      ),
    );
    if (taken.broken !== undefined && taken.rejected === 0)
      throw new Refusal(400, `These are ${taken.broken}.`);
    send(response, type, 200, type === JSON_TYPE ? successJson(signal, taken) : successProtobuf(taken));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    intake.report.unreadable(`a request to ${path}: ${error.message}`);
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
    const body =
      type === PROTOBUF_TYPE
        ? statusProtobuf(error)
        : JSON.stringify({ code: codeOf(error), message: error.message });
    send(response, type === PROTOBUF_TYPE ? type : JSON_TYPE, error.status, body);
  }
}

function mediaType({ headers }: IncomingMessage): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function* json(signal: Signal, bytes: Buffer, intake: Intake, now: number): Work<Taken> {
  let document: unknown;
  try {
    document = yield* parseJson(bytes.toString("utf8"));
  } catch (error) {
    throw new Refusal(400, `The body is no JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  return yield* signal.json(document, intake, now);
}

function send(response: ServerResponse, type: string, status: number, body: string | Buffer): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

function messageOf({ broken, first }: Taken): string {
  return broken ?? first ?? "";
}

function successJson(signal: Signal, taken: Taken): string {
  if (taken.rejected === 0) return "{}";
  const partialSuccess = {
    [signal.rejected]: String(taken.rejected),
    errorMessage: messageOf(taken),
  };
  return JSON.stringify({ partialSuccess });
}

/** `ExportTracePartialSuccess` and its likes: the number is field 1, the message field 2. */
function successProtobuf(taken: Taken): Buffer {
  if (taken.rejected === 0) return Buffer.alloc(0);
  return field(1, Buffer.concat([Buffer.from([0x08, ...varint(taken.rejected)]), text(2, messageOf(taken))]));
}

/** `google.rpc.Status`. */
function statusProtobuf(error: Refusal): Buffer {
  return Buffer.concat([Buffer.from([0x08, ...varint(codeOf(error))]), text(2, error.message)]);
}

/** In numbers of gRPC. */
function codeOf({ status }: Refusal): number {
  switch (status) {
    case 401:
      return 16;
    case 403:
      return 7;
    case 405:
      return 12;
    case 413:
    case 503:
      return 8;
    default:
      return 3;
  }
}

function text(number: number, value: string): Buffer {
  return field(number, Buffer.from(value));
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | BYTES, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
  return bytes;
}

function* logsInProtobuf(bytes: Buffer): Work<Taken> {
  const nothing = { resource: () => undefined, isScopes: (field: number) => field === 2, record: () => 1 };
  return noLogs((yield* readRecords(bytes, nothing)).unread);
}

function* logsInJson(document: unknown): Work<Taken> {
  let rejected = 0;
  for (const resource of objectsIn(isObject(document) ? document.resourceLogs : undefined)) {
    for (const { logRecords } of objectsIn(resource.scopeLogs)) {
      yield;
      rejected += objectsIn(logRecords).length;
    }
  }
  return noLogs(rejected);
}

function noLogs(rejected: number): Taken {
  return { rejected, first: "the observatory takes no logs" };
}
