// Watches undici and fetch: which requests carry an ask, the answer that came back, and how a call failed.
import type { Socket } from "node:net";
import { isInformational } from "../../spans/response-status.ts";
import { listenTo } from "../channels.ts";
import {
  type ClientParts,
  idOfTraceparent,
  isNamelessPeer,
  receiveAnswer,
  receiveTrailer,
  strayed,
} from "../receive.ts";
import { takeFromFields } from "../taken.ts";
import { holdsAsk, UndiciAsks, type UndiciRequest } from "./client-ask.ts";

/** The messages of undici's channels. */
interface UndiciMessage {
  readonly request: UndiciRequest;
  readonly response?: { readonly statusCode: number; readonly headers: unknown };
  /** The text of the head that is about to be sent. */
  readonly headers?: string;
  readonly socket?: Socket;
  readonly trailers?: unknown;
  readonly error?: unknown;
}

/** Watches every request of undici, also of node's own `fetch`, until the returned function is called. */
export function observeUndici(parts: ClientParts): () => void {
  const asks = new UndiciAsks(parts.asks, parts.calls);
  const listeners: Readonly<Record<string, (message: UndiciMessage) => void>> = {
    "undici:request:create": ({ request }) => {
      asks.see(request);
    },
    "undici:client:sendHeaders": ({ request, headers = "", socket }) => {
      if (socket === undefined) return;
      if (request.method === "CONNECT") asks.tunnels(socket);
      const call = asks.callOf(request);
      // A pipelined request may be sent again, to another peer: what was found of the first one says nothing of that.
      if (call === undefined || (call.state === "silent" && !holdsAsk(headers, call))) return;
      if (asks.isMeantFor(request, call, headers, socket)) {
        call.state = "asked";
      } else {
        asks.takeOff(request, call, headers, socket);
        if (isNamelessPeer(socket)) call.state = "silent";
        else strayed(parts, call, socket.remoteAddress);
      }
    },
    "undici:request:headers": ({ request, response }) => {
      const call = asks.callOf(request);
      if (call === undefined || call.state === "silent" || response === undefined) return;
      const answer = takeFromFields(response.headers);
      // Undici shows early hints here, too; the response may still come, or not.
      if (isInformational(response.statusCode)) return;
      // Before version 7 the peer of an HTTP/2 connection is not known.
      if (call.state === "written") strayed(parts, call, undefined, answer);
      else receiveAnswer(parts, call, response.statusCode, answer, undefined);
    },
    "undici:request:trailers": ({ request, trailers }) => {
      const call = asks.callOf(request);
      if (call?.state !== "asked") return;
      const answer = takeFromFields(trailers);
      if (answer !== undefined) receiveTrailer(parts, call, answer);
    },
    "undici:request:error": ({ request, error }) => {
      const id = asks.callOf(request)?.id ?? idOfTraceparent(requestField(request.headers, "traceparent"));
      if (id !== undefined) parts.calls.broke(id, error, isOwn(error) ? { limitMs: 0 } : undefined);
    },
  };
  return listenTo(listeners, parts.health);
}

/**
 * True if the program ended a request with a reason of its own, as `abort(reason)` does: all errors of undici and of the system
 * have a code, except that of its parser.
 */
function isOwn(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return typeof (error as { code?: unknown }).code !== "string" && error.name !== "HTTPParserError";
}

function requestField(headers: UndiciRequest["headers"], name: string): string | undefined {
  const fields = typeof headers === "string" ? headers.split(/: |\r\n/) : headers;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const field = fields[i];
    const value = fields[i + 1];
    if (typeof field !== "string" || field.toLowerCase() !== name) continue;
    // A gateway that copied raw headers sends an empty field in addition to ours.
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}
