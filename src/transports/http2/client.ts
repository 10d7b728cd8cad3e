// Watches the clients of node:http2: which requests carry an ask, the answer that came back, and how a call failed.
import type { ClientHttp2Stream } from "node:http2";
import type { CancelledCall } from "../../exchange.ts";
import { registry } from "../../registry.ts";
import type { Call } from "../asks.ts";
import { listenTo } from "../channels.ts";
import { type ClientParts, receiveAnswer, receiveTrailer, strayed } from "../receive.ts";
import { takeFromFields } from "../taken.ts";
import { Http2Asks } from "./client-ask.ts";
import { isGrpc } from "./hidden.ts";
import { guardHttp2Requests } from "./request-guard.ts";
import { resetBy } from "./resets.ts";

/** The messages of the channels of HTTP/2. */
interface StreamMessage {
  readonly stream: ClientHttp2Stream;
  readonly headers?: Record<string, unknown>;
  readonly error?: unknown;
}

/** Watches every request that a client of the process makes, until the returned function is called. */
export function observeHttp2Clients(parts: ClientParts): () => void {
  const asks = new Http2Asks(parts.asks, (call, address) => strayed(parts, call, address));
  const answered = new WeakSet<Call>();
  const leave = guardHttp2Requests(
    {
      headMade: (session, list) => asks.headMade(session, list),
      failed: (place, error) => parts.health.failed(place, error),
    },
    registry(),
  );
  const stop = listenTo(
    {
      "http2.client.stream.created": ({ stream, headers }: StreamMessage) => {
        asks.created(stream, headers);
      },
      "http2.client.stream.start": ({ stream, headers = {} }: StreamMessage) => {
        if (!isGrpc(headers)) asks.started(stream);
      },
      // Despite its name this channel is called when the head has arrived, before the program sees it.
      "http2.client.stream.finish": ({ stream, headers = {} }: StreamMessage) => {
        const call = asks.callOf(stream);
        if (call === undefined) return;
        answered.add(call);
        if (call.state !== "asked") return;
        const answer = takeFromFields(headers);
        stream.prependOnceListener("response", (_headers, _flags, raw?: unknown) => takeFromFields(raw));
        stream.prependOnceListener("trailers", (trailers, _flags, raw?: unknown) => {
          takeTrailers(parts, call, trailers, raw);
        });
        receiveAnswer(parts, call, Number(headers[":status"]), answer, undefined);
      },
      "http2.client.stream.error": ({ stream, error }: StreamMessage) => {
        const call = asks.callOf(stream);
        if (call === undefined) return;
        if (!isResetByUs(stream, error)) parts.calls.broke(call.id, error, isOwn(error) ? BY_US : undefined);
        // A program that has read what it wanted may close the rest with any code, as the client of Connect does.
        else if (!answered.has(call)) parts.calls.broke(call.id, GIVEN_UP, BY_US_SILENTLY);
      },
      // A stream that somebody cancels closes without an error.
      "http2.client.stream.close": ({ stream }: StreamMessage) => {
        const call = asks.callOf(stream);
        if (call === undefined || stream.errored !== null) return;
        const { rstCode = 0 } = stream;
        if (rstCode === 0 ? answered.has(call) : rstCode !== CANCEL) return;
        if (stream.pending || resetBy(stream) === "us") parts.calls.broke(call.id, GIVEN_UP, BY_US_SILENTLY);
        else parts.calls.broke(call.id, CLOSED);
      },
    },
    parts.health,
  );
  return () => {
    leave();
    stop();
  };
}

const CANCEL = 8;
const BY_US: CancelledCall = { limitMs: 0 };
/** A stream that is closed with a code of HTTP/2. */
const BY_US_SILENTLY: CancelledCall = { limitMs: 0, unexplained: true };
/** As node calls it when a session ends beneath a request that waits. */
const CLOSED = Object.assign(new Error("the stream was closed before it was answered in full"), {
  code: "ERR_HTTP2_STREAM_CANCEL",
});

const GIVEN_UP = Object.assign(new Error("the stream was closed before it was answered"), {
  name: "AbortError",
});

function takeTrailers(parts: ClientParts, call: Call, trailers: object, raw: unknown): void {
  try {
    const answer = takeFromFields(trailers);
    takeFromFields(raw);
    if (answer !== undefined) receiveTrailer(parts, call, answer);
  } catch (error) {
    parts.health.failed("trailers", error);
  }
}

/** True if node made the error because this process closed the stream with a code of HTTP/2. */
function isResetByUs(stream: ClientHttp2Stream, error: unknown): boolean {
  return resetBy(stream) === "us" && (error as { code?: unknown } | null)?.code === "ERR_HTTP2_STREAM_ERROR";
}

/** True if the program ended a request with a reason of its own: errors of node and of the system have a code. */
function isOwn(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code !== "string" || code === "ABORT_ERR";
}
