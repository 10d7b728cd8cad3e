// Adds what is answered to the text of a head, or to trailers: as much of it as there is room for, and as caches may hold.
import type { Exchange } from "../../exchange.ts";
import type { Health } from "../../health/health.ts";
import { HEADER_NAME } from "../../wire/header.ts";
import type { Answer, AnswerCodec } from "../../wire/messages.ts";
import { countWritten } from "../answer-counts.ts";
import { isFresh } from "../freshness.ts";
import type { ServerHooks } from "../hooks.ts";
import { fieldLine, fieldsOf, withField, withItem, withVary } from "./head-text.ts";
import { FIELD as SERVER_TIMING, type ServerTiming, TRACE_BYTES, traceEntry } from "./server-timing.ts";

/** Bytes of `x-error-tree: ` and the line's end. */
const FIELD_BYTES = HEADER_NAME.length + 4;
const VARY_BYTES = HEADER_NAME.length + 8;
/** Largest value in a trailer. A larger one can damage the body before it. */
const TRAILER_BYTES = 2048;

/** What is needed to write an answer. */
export interface WritingParts {
  readonly hooks: ServerHooks;
  readonly codec: AnswerCodec;
  readonly health: Health;
  /** Largest value with a tree, in bytes. */
  readonly headerBytes: number;
  /** Largest header block that a tree may lead to, in bytes. */
  readonly blockBytes: number;
  /** Who gets the trace id of a response. */
  readonly serverTiming: ServerTiming;
  /** Largest header block that the minimal answer may lead to, in bytes. */
  readonly minimalBlockBytes: number;
}

/** A head that is made, and the answer that goes with it. */
interface Head {
  readonly exchange: Exchange;
  readonly answer: Answer;
  readonly head: string;
  /** Bytes that count against the largest header block. Node writes heads in Latin-1, so a character is a byte. */
  readonly block: number;
}

/** The head with our answer, and with the trace of the response. */
export function withAnswer({ exchange, answer, head, block }: Head, parts: WritingParts): string {
  const { hooks, serverTiming, blockBytes, minimalBlockBytes, headerBytes, health } = parts;
  const { ask } = exchange;
  let answered = head;
  let isMinimal = true;
  if (ask !== undefined) {
    const mayShow = answer.tree !== undefined || ask.json;
    const fields = mayShow ? fieldsOf(head) : undefined;
    const encoded = parts.codec.encode(ask.json ? withWarnings(answer, health) : answer, ask, {
      treeBytes:
        fields !== undefined && isFresh(fields, Date.now())
          ? 0
          : Math.min(headerBytes, blockBytes - block - FIELD_BYTES - VARY_BYTES),
      minimalBytes: minimalBlockBytes - block - FIELD_BYTES,
    });
    if (encoded === undefined) health.count("answers_unwritten");
    else {
      isMinimal = encoded.minimal;
      answered = withField(head, HEADER_NAME, encoded.value);
      if (!isMinimal) answered = withVary(answered, fields ?? fieldsOf(head));
      countWritten(health.activity, encoded);
    }
  }
  // A minimal answer has no Vary, so a cache may give this head to anybody: no trace id in it.
  const addsTrace = serverTiming === "everyone" || (serverTiming === "trusted" && !isMinimal);
  if (!addsTrace || block + answered.length - head.length + TRACE_BYTES > blockBytes) return answered;
  const traceparent = hooks.traceparentOf(exchange);
  return traceparent === undefined ? answered : withItem(answered, SERVER_TIMING, traceEntry(traceparent));
}

/** Tells a person what the service found wrong with its own set-up. */
function withWarnings(answer: Answer, { warnings }: Health): Answer {
  return warnings.size === 0 ? answer : { ...answer, warnings: [...warnings] };
}

/** A response whose body ends. */
interface Ending {
  readonly exchange: Exchange;
  readonly head: string;
  /** The lines of the program's trailers. */
  readonly trailers: string;
}

/**
 * The trailers with an answer, if something has failed since the head. No `Trailer` field announces it, because node refuses that
 * field on responses that cannot have trailers.
 */
export function withTrailer({ exchange, head, trailers }: Ending, parts: WritingParts): string {
  const { ask } = exchange;
  const answer = parts.hooks.answerAtEnd(exchange);
  if (answer === undefined || ask === undefined) return trailers;
  const block = trailers.length + FIELD_BYTES;
  const encoded = parts.codec.encode(answer, ask, {
    treeBytes: isFresh(fieldsOf(head), Date.now()) ? 0 : Math.min(TRAILER_BYTES, parts.blockBytes - block),
    minimalBytes: parts.minimalBlockBytes - block,
  });
  if (encoded === undefined || encoded.value.length > TRAILER_BYTES) {
    parts.health.count("answers_unwritten");
    return trailers;
  }
  countWritten(parts.health.activity, encoded);
  return trailers + fieldLine(HEADER_NAME, encoded.value);
}
