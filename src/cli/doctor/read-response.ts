// Reads from a response what the doctor needs: the answer, the trace, the clock, and proxies in between.

import { printable } from "../../tree/format.ts";
import { createAnswerCodec } from "../../wire/answer-codec.ts";
import { HEADER_NAME } from "../../wire/header.ts";
import type { Answer } from "../../wire/messages.ts";
import type { Asked } from "./ask.ts";
import { isResponse, type NoResponse, type Response } from "./exchange.ts";

/** What a response has in the field of our name. */
export type FieldReading =
  | { readonly kind: "none" }
  | { readonly kind: "own"; readonly value: string; readonly outcome: Answer }
  /** Made for an ask with another id. */
  | { readonly kind: "foreign"; readonly value: string; readonly service: string }
  | { readonly kind: "malformed"; readonly value: string }
  /** More than one field, which readers ignore. */
  | { readonly kind: "several"; readonly fields: number };

const codec = createAnswerCodec();

/** Reads the answer to `asked`. */
export function answerIn(response: Response, asked: Asked): FieldReading {
  const values = valuesOf(response, HEADER_NAME);
  const [value] = values;
  if (value === undefined) return { kind: "none" };
  if (values.length > 1) return { kind: "several", fields: values.length };
  const outcome = codec.decode(value, asked.id, "");
  if (outcome === "malformed") return { kind: "malformed", value };
  if (outcome !== "foreign") return { kind: "own", value, outcome };
  const whose = codec.decode(value, undefined, "");
  return { kind: "foreign", value, service: typeof whose === "string" ? "" : whose.service };
}

/** All values of a field in the order of the wire; `name` in lower case. */
export function valuesOf({ rawHeaders }: Response, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

/** True if `Vary` names our field, as it does for every answer with a tree. */
export function variesByAsk(response: Response): boolean {
  return valuesOf(response, "vary")
    .join(",")
    .split(",")
    .some((field) => field.trim().toLowerCase() === HEADER_NAME);
}

const TRACE_ENTRY = /(?:^|,)\s*trace\s*;\s*desc\s*=\s*"?00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\b/;

/**
 * The trace that the response says it belongs to.
 *
 * Source: W3C Trace Context, draft of the trace context metric for Server-Timing.
 */
export function traceIn(response: Response): string | undefined {
  return TRACE_ENTRY.exec(valuesOf(response, "server-timing").join(","))?.[1];
}

/** Fields in which caches and proxies name themselves. */
const TELLTALES = ["server", "via", "age", "x-cache", "cache-status"];
const TELLTALE_CHARS = 60;

/** ` (Server: nginx, Via: 1.1 varnish)`; empty if no such field is there. A proxy that adds none cannot be seen. */
export function betweenText(reply: Response | NoResponse): string {
  if (!isResponse(reply)) return "";
  const { rawHeaders } = reply;
  const fields = rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && TELLTALES.includes(name.toLowerCase())
      ? [printable(`${name}: ${rawHeaders[i + 1]}`.slice(0, TELLTALE_CHARS))]
      : [],
  );
  return fields.length === 0 ? "" : ` (${fields.join(", ")})`;
}

/** A date has whole seconds, and servers make a new one once a second. */
const DATE_STEP_MS = 2_000;

/**
 * By how many milliseconds at least the clock of the response's `Date` is ahead of ours, negative if it is behind. 0 if whole
 * seconds and the time on the network explain the difference. `undefined` if there is no date of now.
 */
export function clockAheadMs(response: Response): number | undefined {
  const date = Date.parse(valuesOf(response, "date")[0] ?? "");
  if (Number.isNaN(date) || Number(valuesOf(response, "age")[0] ?? 0) > 0) return undefined;
  const least = date - response.headAt;
  const most = date + DATE_STEP_MS - response.sentAt;
  if (least > 0) return least;
  return most < 0 ? most : 0;
}
