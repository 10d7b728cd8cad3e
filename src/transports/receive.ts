// Reads the answer that came back on a call and gives it to the call's span, for every transport.
import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { ResponseBody } from "../exchange.ts";
import type { Health } from "../health/health.ts";
import { redactText } from "../tree/redact-node.ts";
import type { ErrorTree } from "../tree/tree.ts";
import type { Answer, AnswerCodec } from "../wire/messages.ts";
import type { Asks, Call } from "./asks.ts";
import type { ClientHooks } from "./hooks.ts";
import { takeFromTrailers } from "./taken.ts";

/** What reading an answer needs of the others. */
interface ReadingParts {
  readonly codec: AnswerCodec;
  readonly health: Health;
}

/** What a client side needs. */
export interface ClientParts extends ReadingParts {
  readonly calls: ClientHooks;
  readonly asks: Asks;
}

/** The client span's id in a `traceparent` that our own process wrote, for calls without a note. */
export function idOfTraceparent(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  // Not `split`, which makes five objects for each request.
  const start = value.indexOf("-", value.indexOf("-") + 1) + 1;
  const end = value.indexOf("-", start);
  return start === 0 ? undefined : value.slice(start, end < 0 ? value.length : end);
}

/** Gives a response head to its call. */
export function receiveAnswer(
  parts: ReadingParts & { readonly calls: ClientHooks },
  { id, state }: Pick<Call, "id" | "state">,
  status: number,
  value: unknown,
  body: ResponseBody | undefined,
): void {
  const { calls } = parts;
  const operation = calls.operationOf(id);
  if (operation === undefined) return;
  const silence = state === "silent" ? "unasked" : undefined;
  const answer = value === undefined ? silence : readAnswer(parts, value, id, operation);
  calls.responded(id, status, answer, body);
}

/** Gives an answer in a trailer to the call that asked. */
export function receiveTrailer(parts: ClientParts, { id }: Pick<Call, "id">, value: unknown): void {
  const { calls } = parts;
  const operation = calls.operationOf(id);
  if (operation === undefined) return;
  const answer = readAnswer(parts, value, id, operation);
  if (answer !== undefined) calls.amended(id, answer);
}

/**
 * A call led to an address that its host must not lead to, as when a search domain completes a name: the answer is not read, and
 * that host and port are not asked any more.
 */
export function strayed(
  { asks, health }: ClientParts,
  call: Call,
  address: string | undefined,
  answer?: unknown,
): void {
  call.state = "silent";
  asks.hosts.stop(call.authority);
  if (answer !== undefined) health.count("answers_untrusted");
  health.once(
    "strayed call",
    `${JSON.stringify(call.authority)} led to ${address ?? "an unknown peer"}, which it should not; it is asked no more for error trees. If it is one of yours, name it in askHosts`,
  );
}

/**
 * True if nobody knows who is at the other end: of a TCP connection that was reset, or of a stream that is no socket. A Unix socket
 * of this host has no address either, and no local port.
 */
export function isNamelessPeer(socket: Socket): boolean {
  return socket.remoteAddress === undefined && (socket.localPort !== undefined || isNoSocket(socket));
}

/** Members of node's sockets that its types do not have. */
interface Layers {
  /** What the program gave, beneath a socket that node made of it. */
  readonly stream?: unknown;
  /** The socket beneath TLS; of a stream only the handle knows it. */
  readonly _parent?: unknown;
  readonly _handle?: { readonly _parentWrap?: unknown } | null;
}

/** True for a stream of the program, as through SSH, for the socket that node makes of one, and for TLS upon that. */
export function isNoSocket(socket: Socket): boolean {
  if (!(socket instanceof Socket)) return true;
  const { stream, _parent, _handle } = socket as Socket & Layers;
  const beneath = _parent ?? _handle?._parentWrap;
  return stream !== undefined || (beneath instanceof Socket && isNoSocket(beneath));
}

/** Reads the trailers of node:http. The caller knows when the body has ended. */
export function trailerReader(
  parts: ReadingParts,
): (body: ResponseBody, spanId: string, operation: string) => Answer | undefined {
  return (body, spanId, operation) => {
    try {
      const value = takeFromTrailers(body as IncomingMessage);
      return value === undefined ? undefined : readAnswer(parts, value, spanId, operation);
    } catch (error) {
      parts.health.failed("trailers", error);
      return undefined;
    }
  };
}

/** Reads an answer. One that does not count is dropped and counted. */
export function readAnswer(
  { codec, health }: ReadingParts,
  value: unknown,
  id: string,
  operation: string,
): Answer | undefined {
  const read = typeof value === "string" ? codec.decode(value, id, operation) : "malformed";
  if (read !== "malformed" && read !== "foreign") {
    health.activity.answers_read++;
    return read.tree === undefined ? read : namedByUs(read, read.tree, operation);
  }
  health.count(`answers_${read}`);
  health.once(`answer ${read}`, `a response carried a ${read} x-error-tree field; such fields are ignored`);
  return undefined;
}

/** A short answer does not name its root, so our span's name stands for it: a text of ours, which was not redacted yet. */
function namedByUs(answer: Answer, tree: ErrorTree, operation: string): Answer {
  const { root } = tree;
  if (root.operation !== operation) return answer;
  return { ...answer, tree: { ...tree, root: { ...root, operation: redactText(operation) } } };
}
