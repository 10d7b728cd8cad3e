// Watches the clients of node:http: which requests carry an ask, the answer in a response head, how a call failed.
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { CancelledCall, ResponseBody } from "../../exchange.ts";
import { registry } from "../../registry.ts";
import { listenTo } from "../channels.ts";
import { type ClientParts, idOfTraceparent, receiveAnswer, strayed } from "../receive.ts";
import { takeFromHead } from "../taken.ts";
import { HttpAsks } from "./client-ask.ts";
import { guardRequests } from "./request-guard.ts";

/** Watches every request that a client of the process makes, until the returned function is called. */
export function observeHttpClients(parts: ClientParts): () => void {
  const asks = new HttpAsks(parts.asks, parts.calls);
  const leave = guardRequests(
    {
      headMade: (request) => asks.headMade(request),
      failed: (place, error) => parts.health.failed(place, error),
    },
    registry(),
  );
  const stop = listenTo(
    {
      // Node 20 has no such channel.
      "net.client.socket": ({ socket }: { socket: Socket }) => {
        asks.connecting(socket);
      },
      "http.client.request.created": ({ request }: ClientMessage) => {
        asks.see(request);
      },
      // Despite its name this channel is called when the head has arrived, before the program sees the response.
      "http.client.response.finish": ({ request, response }: ClientMessage) => {
        const call = asks.callOf(request);
        if (call?.state !== "asked") return;
        asks.forget(request, call);
        const answer = takeFromHead(response);
        const { socket } = response;
        const origin = asks.origin(request, socket);
        if (origin === "meant") receiveAnswer(parts, call, response.statusCode ?? 0, answer, response);
        else if (origin === "elsewhere") strayed(parts, call, asks.addressOf(socket), answer);
        else if (answer !== undefined) parts.health.count("answers_untrusted");
      },
      // The span only has an AbortError; whether a time limit or the program ended the call is in the error's cause.
      "http.client.request.error": ({ request, error }: ClientMessage) => {
        const call = asks.callOf(request);
        if (call !== undefined) asks.forgetUnsent(request, call);
        // A stranger who reads the ask and never answers would be asked with every request.
        const { socket } = request;
        if (call?.state === "asked" && socket && asks.origin(request, socket) === "elsewhere") {
          strayed(parts, call, asks.addressOf(socket));
        }
        const id = call?.id ?? idOfTraceparent(request.getHeader("traceparent"));
        if (id !== undefined) parts.calls.broke(id, error, cancelledBy(request));
      },
    },
    parts.health,
  );
  return () => {
    leave();
    stop();
  };
}

/** A message about a request: it has a response or an error, as its channel says. */
interface ClientMessage {
  readonly request: ClientRequest;
  readonly response: IncomingMessage;
  readonly error: unknown;
}

/** How this process ended a request that gets no response; `undefined` if it did not. Node itself destroys it later than this. */
function cancelledBy(request: ClientRequest): CancelledCall | undefined {
  return request.destroyed ? { limitMs: limitOf(request.socket, request) } : undefined;
}

/**
 * How this process ended a response before its body was complete; `undefined` if the peer did, which ends the reading side of
 * the socket or resets it.
 */
export function cancelledInBody(body: ResponseBody): CancelledCall | undefined {
  const { socket, req } = body as IncomingMessage & { readonly req?: ClientRequest };
  if (!socket?.destroyed || socket.readableEnded || socket.errored) return undefined;
  return { limitMs: limitOf(socket, req) };
}

/**
 * The limit, in milliseconds, after which the program may have ended a request; 0 if it has set none. Node's own agent sets one of
 * five seconds on every socket, which ends no request by itself: it counts only if the program listens.
 */
function limitOf(socket: Socket | null, request: (ClientRequest & WithAgent) | undefined): number {
  const limitMs = socket?.timeout ?? 0;
  const isAgents = limitMs === request?.agent?.options?.timeout && request.listenerCount("timeout") === 0;
  return isAgents ? 0 : limitMs;
}

interface WithAgent {
  readonly agent?: { readonly options?: { readonly timeout?: number } };
}
