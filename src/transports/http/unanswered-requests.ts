// Hides asks in requests that are never answered: upgrades and tunnels of node:http, and streams of node:http2.
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { HEADER_NAME } from "../../wire/header.ts";

const CONNECTION = "net.server.socket";
/** Node 22.23, 24 and later. */
const STREAM_CREATED = "http2.server.stream.created";

type Emit = (this: unknown, event: string, ...args: unknown[]) => boolean;

interface Emitter {
  emit: Emit;
}

/** What the channel of HTTP/2 tells: the very headers that the program will see. */
interface StreamMessage {
  readonly stream: { readonly session?: Emitter };
  readonly headers: Record<string, unknown>;
}

/**
 * Hides them for the life of the process. No channel tells of an upgrade, so the `emit` of a server is wrapped, if it
 * listens to upgrades at all; so is that of a session of HTTP/2, since its raw headers come with an event alone.
 */
export function hideUnanswered(
  hide: (request: IncomingMessage) => unknown,
  failed: (place: string, error: unknown) => void,
): void {
  const wrapped = new WeakSet<object>();
  const wrap = (emitter: Emitter, look: (event: string, args: readonly unknown[]) => void): void => {
    if (wrapped.has(emitter)) return;
    wrapped.add(emitter);
    const { emit } = emitter;
    emitter.emit = function (event, ...args) {
      try {
        look(event, args);
      } catch (error) {
        failed("emit", error);
      }
      return emit.call(this, event, ...args);
    };
  };
  subscribe(CONNECTION, (message) => {
    try {
      const { server } = (message as { socket: Socket & { readonly server?: Server } }).socket;
      if (server === undefined || !isListenedTo(server)) return;
      wrap(server as unknown as Emitter, (event, [request]) => {
        if (event === "upgrade" || event === "connect") hide(request as IncomingMessage);
      });
    } catch (error) {
      failed(CONNECTION, error);
    }
  });
  subscribe(STREAM_CREATED, (message) => {
    try {
      const { stream, headers } = message as StreamMessage;
      if (headers[HEADER_NAME] === undefined || isGrpc(headers)) return;
      delete headers[HEADER_NAME];
      const { session } = stream;
      if (session === undefined) return;
      wrap(session, (event, args) => {
        if (event === "stream" && !isGrpc(args[1] as StreamMessage["headers"])) blank(args[3]);
      });
    } catch (error) {
      failed(STREAM_CREATED, error);
    }
  });
}

function isListenedTo(server: Server): boolean {
  return server.listenerCount("upgrade") > 0 || server.listenerCount("connect") > 0;
}

/** Metadata is no field that a gateway copies. */
function isGrpc(headers: StreamMessage["headers"]): boolean {
  return String(headers["content-type"]).startsWith("application/grpc");
}

/** Names in HTTP/2 are in lower case. */
function blank(rawHeaders: unknown): void {
  if (!Array.isArray(rawHeaders)) return;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (rawHeaders[i] === HEADER_NAME) rawHeaders[i + 1] = "";
}
