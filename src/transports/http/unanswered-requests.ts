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

/** The message of the HTTP/2 channel. Its headers are the same object that the program will see. */
interface StreamMessage {
  readonly stream: { readonly session?: Emitter };
  readonly headers: Record<string, unknown>;
}

/**
 * Hides asks for the life of the process. No channel reports an upgrade, so `emit` of a server is wrapped if somebody listens
 * to its upgrades. `emit` of an HTTP/2 session is wrapped too, because raw headers come only with its event.
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

/** Metadata that is not a header, and that no gateway copies. */
function isGrpc(headers: StreamMessage["headers"]): boolean {
  return String(headers["content-type"]).startsWith("application/grpc");
}

/** Field names are in lower case in HTTP/2. */
function blank(rawHeaders: unknown): void {
  if (!Array.isArray(rawHeaders)) return;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (rawHeaders[i] === HEADER_NAME) rawHeaders[i + 1] = "";
}
