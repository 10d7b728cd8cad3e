// Answers the API of the page: pictures, failures, trees, and the stream of what is new.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Work } from "../../otlp/work.ts";
import { EventLines, type EventsRead } from "../intake/event-lines.ts";
import type { Turns } from "../intake/turns.ts";
import { type Bodies, isLong } from "./body.ts";
import type { Live } from "./live.ts";
import type { Observatory, Span } from "./observatory.ts";
import type { Pictures } from "./pictures.ts";
import { Refusal } from "./refusal.ts";

/** What the routes work on. */
export interface ApiParts {
  readonly observatory: Observatory;
  readonly pictures: Pictures;
  readonly live: Live;
  readonly bodies: Bodies;
  readonly turns: Turns;
  /** Of events without a time, in milliseconds since the epoch. */
  readonly now: () => number;
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly parameters: URLSearchParams;
}

const LAST_SECONDS = 60;
const MOST_LISTED = 200;
/** What is pasted is read and drawn in one go. */
const MOST_PASTED = 512 * 1024;
const PASTED_TOO_MUCH =
  "This is more than 512 KiB. For larger files of traces there is the command otel-error-tree render.";

/** True if the path is one of the API. */
export function isApi(path: string): boolean {
  return path === "/v1/events" || path.startsWith("/api/");
}

/** @throws Refusal if there is no such thing, or the call is wrong */
export async function answerApi(path: string, call: Call, parts: ApiParts): Promise<void> {
  const { observatory, pictures, live } = parts;
  switch (path) {
    case "/api/picture":
      allow(call, "GET");
      return sendText(
        call.response,
        200,
        await pictures.of(spanIn(call.parameters, observatory.keepSeconds)),
      );
    case "/api/failures":
      allow(call, "GET");
      return sendJson(call.response, 200, observatory.failures(MOST_LISTED));
    case "/api/live":
      allow(call, "GET");
      return live.open(call.response, lastIn(call.parameters, observatory.keepSeconds));
    case "/api/render":
      allow(call, "POST");
      return render(call, parts);
    case "/v1/events":
      allow(call, "POST");
      return takeEvents(call, parts);
    default:
      allow(call, "GET");
      return sendFailure(path, call, observatory);
  }
}

/** Sends a value as JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, JSON.stringify(value));
}

function sendText(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "cache-control": "no-store",
    })
    .end(body);
}

function sendFailure(path: string, { response }: Call, observatory: Observatory): void {
  const [, traceId] = /^\/api\/failures\/([0-9a-zA-Z._-]{1,128})$/.exec(path) ?? [];
  const rendered = traceId === undefined ? undefined : observatory.failure(traceId.toLowerCase());
  if (rendered === undefined) throw new Refusal(404, "There is no such failure, or it is kept no longer.");
  sendText(response, 200, rendered);
}

async function render({ request, response }: Call, { observatory, bodies }: ApiParts): Promise<void> {
  const text = await bodies.use(request, async (bytes) => {
    if (bytes.length > MOST_PASTED) throw new Refusal(413, PASTED_TOO_MUCH);
    return bytes.toString("utf8");
  });
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const pasted = await observatory.paste(text, gone.signal);
  if (response.destroyed) return;
  if (typeof pasted === "string") sendText(response, 200, pasted);
  else sendJson(response, 422, pasted);
}

/** Newline-delimited JSON. What is wrong is left out and told; all else counts. */
async function takeEvents(
  { request, response }: Call,
  { observatory, bodies, turns, now }: ApiParts,
): Promise<void> {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-ndjson" && type !== "application/json")
    throw new Refusal(415, "The type of the body has to be application/x-ndjson: one JSON object a line.");
  const received = now();
  const lines = new EventLines(observatory.intake, () => received);
  const read = await bodies.use(request, (bytes) => turns.run(allOf(lines, bytes), isLong(bytes)));
  sendJson(response, 200, read);
}

function* allOf(lines: EventLines, bytes: Buffer): Work<EventsRead> {
  yield* lines.take(bytes);
  return lines.end();
}

function allow({ request }: Call, method: string): void {
  if (request.method !== method) throw new Refusal(405, `This takes ${method}.`, { allow: method });
}

function spanIn(parameters: URLSearchParams, keepSeconds: number): Span {
  const [from, to] = [parameters.get("from"), parameters.get("to")];
  if (from === null && to === null) return { last: lastIn(parameters, keepSeconds) };
  const [start, end] = [Number(from ?? Number.NaN), Number(to ?? Number.NaN)];
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start < end)
    return { from: start, to: end };
  throw new Refusal(400, "from and to are both wanted, as milliseconds since 1970, the earlier one first.");
}

function lastIn(parameters: URLSearchParams, keepSeconds: number): number {
  const text = parameters.get("last");
  if (text === null) return Math.min(LAST_SECONDS, keepSeconds);
  const last = Number(text);
  if (Number.isInteger(last) && last >= 1 && last <= keepSeconds) return last;
  throw new Refusal(400, `last has to be a whole number of seconds, from 1 to ${keepSeconds}.`);
}
