// Places an order with the services of the demo, as a user does or as somebody who may see why it failed.
import { once } from "node:events";
import http, { type Agent, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { ErrorTree } from "../../tree/tree.ts";
import { createAnswerCodec } from "../../wire/answer-codec.ts";
import { HEADER_NAME } from "../../wire/header.ts";

/** What the checkout answered. */
export interface Answered {
  /** `500 Internal Server Error`. */
  readonly status: string;
  readonly body: string;
  /** Our response field; `undefined` if it was not asked for. */
  readonly field: string | undefined;
  /** The tree in the field. */
  readonly tree: ErrorTree | undefined;
}

/** What people send to get the tree as JSON. */
export const ASK = "v=1, f=json";

const codec = createAnswerCodec();
/** Of `Server-Timing`, which names the trace. */
const TRACE = /\bdesc="?00-([0-9a-f]{32})-/;

/** Places one. */
export async function placeOrder(
  url: string,
  options: { readonly asks: boolean; readonly agent?: Agent },
): Promise<Answered> {
  const { asks, agent } = options;
  const headers = asks ? { [HEADER_NAME]: ASK } : {};
  const request = http.request(url, { method: "POST", headers, agent }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const body = (await text(response)).trimEnd();
  const field = response.headers[HEADER_NAME];
  const value = typeof field === "string" ? field : undefined;
  const traceId = TRACE.exec(String(response.headers["server-timing"]))?.[1] ?? "";
  return {
    status: `${response.statusCode} ${response.statusMessage}`,
    body,
    field: value,
    tree: value === undefined ? undefined : treeIn(value, traceId),
  };
}

function treeIn(value: string, traceId: string): ErrorTree | undefined {
  const answer = codec.decode(value, undefined, "");
  if (typeof answer === "string" || answer.tree === undefined) return undefined;
  return { ...answer.tree, traceId };
}
