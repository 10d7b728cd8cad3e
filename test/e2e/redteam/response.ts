// Responses as bytes, and what an outsider finds in them.
import { unchunked } from "../../support/sockets.ts";

const FIELD = /^x-error-tree: *(.*?)\r?$/gim;

/** A response as it came. */
export interface Response {
  /** Every byte, as Latin-1. */
  readonly raw: string;
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Values of our field, in head and trailers. */
  readonly answers: readonly string[];
}

export function readResponse(raw: string): Response {
  const end = raw.indexOf("\r\n\r\n");
  const head = end < 0 ? raw : raw.slice(0, end + 2);
  const rest = end < 0 ? "" : raw.slice(end + 4);
  const chunked = /^transfer-encoding: chunked/im.test(head);
  const { body, behind } = chunked ? unchunked(rest) : { body: rest, behind: "" };
  return {
    raw,
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(raw)?.[1] ?? 0),
    head,
    body,
    answers: [...`${head}${behind}`.matchAll(FIELD)].map(([, value = ""]) => value),
  };
}
