// Writes a trailer if something fails after the head was written: the server side of node:http.
import type { ServerResponse } from "node:http";
import type { Exchange } from "../../exchange.ts";
import type { Health } from "../../health/health.ts";
import { HEADER_NAME } from "../../wire/header.ts";
import type { AnswerCodec } from "../../wire/messages.ts";
import { countWritten } from "../answer-counts.ts";
import { isFresh } from "../freshness.ts";
import type { ServerHooks } from "../hooks.ts";
import { type HeadArguments, ResponseHead } from "./response-head.ts";
import { withoutOurs } from "./strip-copied-headers.ts";

/** Largest value in a trailer. A larger one can damage the body before it. */
const VALUE_BYTES = 2048;
/** Bytes of `x-error-tree: ` and the line's end. */
const FIELD_BYTES = HEADER_NAME.length + 4;

/** What a trailer needs of the others. */
interface TrailerParts {
  readonly hooks: ServerHooks;
  readonly codec: AnswerCodec;
  readonly health: Health;
  /** Largest block of trailers with a tree, and with a code alone, in bytes. */
  readonly blockBytes: number;
  readonly minimalBlockBytes: number;
}

type AddTrailers = ServerResponse["addTrailers"];

/** Under which node's own function is found behind ours, which takes out what we add as well. */
const ORIGINAL: symbol = Symbol.for("otel-error-tree original");

/**
 * Replaces `addTrailers` of all responses: a gateway that copies the trailers of another response must not hand an answer on to
 * somebody who did not ask.
 */
export function addTrailersWithoutOurs(original: AddTrailers, health: Pick<Health, "failed">): AddTrailers {
  const guarded: AddTrailers = function addTrailers(this: ServerResponse, trailers) {
    let others = trailers;
    try {
      if (typeof trailers === "object" && trailers !== null)
        others = withoutOurs(trailers) as typeof trailers;
    } catch (error) {
      health.failed("addTrailers", error);
    }
    original.call(this, others);
  };
  Reflect.defineProperty(guarded, ORIGINAL, { value: original });
  return guarded;
}

/** True if a trailer can follow the body of a response whose head is written. */
export function canHaveTrailer(response: ServerResponse): boolean {
  return response.chunkedEncoding && response.req.method !== "HEAD";
}

/**
 * Adds a trailer at the end of the body if something has failed since the head. No `Trailer` field announces it, because node
 * refuses that field on responses that cannot have trailers.
 */
export function addTrailerAtEnd(
  response: ServerResponse,
  exchange: Exchange,
  head: HeadArguments,
  parts: TrailerParts,
): void {
  const end = response.end as (...args: unknown[]) => ServerResponse;
  let isDone = false;
  response.end = function (this: ServerResponse, ...args: unknown[]) {
    if (!isDone && !response.writableEnded && !response.destroyed) {
      isDone = true;
      try {
        addTrailer(response, exchange, head, parts);
      } catch (error) {
        parts.health.failed("end", error);
      }
    }
    return end.apply(this, args);
  } as ServerResponse["end"];
}

function addTrailer(
  response: ServerResponse,
  exchange: Exchange,
  head: HeadArguments,
  parts: TrailerParts,
): void {
  const { ask } = exchange;
  const answer = parts.hooks.answerAtEnd(exchange);
  if (answer === undefined || ask === undefined) return;
  const others = trailersOf(response);
  if (others === undefined) return;
  const block = others.length + FIELD_BYTES;
  const encoded = parts.codec.encode(answer, ask, {
    treeBytes: isFresh(new ResponseHead(response, head).all(), Date.now())
      ? 0
      : Math.min(VALUE_BYTES, parts.blockBytes - block),
    minimalBytes: parts.minimalBlockBytes - block,
  });
  if (encoded === undefined || encoded.value.length > VALUE_BYTES) {
    parts.health.count("answers_unwritten");
    return;
  }
  addBeside(response, others, encoded.value);
  countWritten(parts.health.activity, encoded);
}

/** Adds our trailer to those of the program: each call of `addTrailers` replaces what an earlier one added. */
function addBeside(response: ServerResponse, others: string, value: string): void {
  try {
    addTrailersOf(response).call(response, { [HEADER_NAME]: value });
  } catch (error) {
    setTrailers(response, others);
    throw error;
  }
  if (others !== "") setTrailers(response, others + (trailersOf(response) ?? ""));
}

function addTrailersOf(response: ServerResponse): AddTrailers {
  const { addTrailers } = Object.getPrototypeOf(response);
  return addTrailers[ORIGINAL] ?? addTrailers;
}

/** Node's text of the trailers; `undefined` if it keeps them in another way, and ours must not replace them. */
function trailersOf(response: ServerResponse): string | undefined {
  const { _trailer } = response as unknown as { _trailer: unknown };
  return typeof _trailer === "string" ? _trailer : undefined;
}

function setTrailers(response: ServerResponse, trailers: string): void {
  (response as unknown as { _trailer: string })._trailer = trailers;
}
