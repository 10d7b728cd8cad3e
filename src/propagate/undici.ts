// The client side of undici and fetch: the answer that came back, and how a call broke.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { HEADER_NAME, idOfAsk } from "../codec/header.ts";
import { type ClientParts, idOfTraceparent, receiveAnswer, receiveTrailer } from "./receive.ts";

const HEADERS = "undici:request:headers";
const TRAILERS = "undici:request:trailers";
const ERROR = "undici:request:error";

/** What undici's channels tell. Request headers are a flat list, or one text in versions before 6. */
interface UndiciMessage {
  readonly request: { readonly headers: string | readonly (string | readonly string[])[] };
  readonly response?: { readonly statusCode: number; readonly headers: readonly Uint8Array[] };
  /** A flat list; in HTTP/2 it may be an object. */
  readonly trailers?: unknown;
  readonly error?: unknown;
}

/** Listens to every request of undici, also of the `fetch` that node brings, until the returned function is called. */
export function observeUndici(parts: ClientParts): () => void {
  const onHeaders = (message: unknown): void => {
    try {
      const { request, response } = message as UndiciMessage;
      const ask = requestField(request.headers, HEADER_NAME);
      if (ask === undefined || response === undefined) return;
      const answers = responseFields(response.headers, HEADER_NAME);
      const answer = answers.length > 1 ? answers : answers[0];
      receiveAnswer(parts, ask, response.statusCode, answer, undefined);
    } catch (error) {
      parts.health.failed(HEADERS, error);
    }
  };
  const onTrailers = (message: unknown): void => {
    try {
      const { request, trailers } = message as UndiciMessage;
      if (!Array.isArray(trailers) || trailers.length === 0) return;
      const answers = responseFields(trailers, HEADER_NAME);
      if (answers.length === 0) return;
      const answer = answers.length > 1 ? answers : answers[0];
      receiveTrailer(parts, requestField(request.headers, HEADER_NAME), answer);
    } catch (error) {
      parts.health.failed(TRAILERS, error);
    }
  };
  const onError = (message: unknown): void => {
    try {
      const { request, error } = message as UndiciMessage;
      const id = spanIdOf(request.headers);
      if (id !== undefined) parts.calls.broke(id, error, isOwn(error) ? { limitMs: 0 } : undefined);
    } catch (error) {
      parts.health.failed(ERROR, error);
    }
  };
  subscribe(HEADERS, onHeaders);
  subscribe(TRAILERS, onTrailers);
  subscribe(ERROR, onError);
  return () => {
    unsubscribe(HEADERS, onHeaders);
    unsubscribe(TRAILERS, onTrailers);
    unsubscribe(ERROR, onError);
  };
}

/**
 * True where the program gave its own reason to end a request, as `abort(reason)` does: all errors of undici and of the
 * system have a code, but for that of its parser.
 */
function isOwn(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return typeof (error as { code?: unknown }).code !== "string" && error.name !== "HTTPParserError";
}

/** The client span by what we wrote on the request ourselves: the ask, else the trace context. */
function spanIdOf(headers: UndiciMessage["request"]["headers"]): string | undefined {
  const id = idOfAsk(requestField(headers, HEADER_NAME));
  return id ?? idOfTraceparent(requestField(headers, "traceparent"));
}

function requestField(headers: UndiciMessage["request"]["headers"], name: string): string | undefined {
  const fields = typeof headers === "string" ? headers.split(/: |\r\n/) : headers;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const field = fields[i];
    const value = fields[i + 1];
    if (typeof field !== "string" || field.toLowerCase() !== name) continue;
    // A gateway that copied raw headers sends an empty field beside ours.
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

function responseFields(headers: readonly Uint8Array[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const field = headers[i] as Buffer;
    if (field.length === name.length && field.toString("latin1").toLowerCase() === name) {
      values.push((headers[i + 1] as Buffer).toString("latin1"));
    }
  }
  return values;
}
