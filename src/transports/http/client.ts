// Watches the clients of node:http: which requests carry an ask, the answer in a response head, how a call failed.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { CancelledCall, ResponseBody } from "../../exchange.ts";
import { registry } from "../../registry.ts";
import { type ClientParts, idOfTraceparent, receiveAnswer, strayed } from "../receive.ts";
import { takeFromHead } from "../taken.ts";
import { HttpAsks } from "./client-ask.ts";
import { guardRequests } from "./request-guard.ts";

const CONNECTING = "net.client.socket";
const REQUEST_CREATED = "http.client.request.created";
const RESPONSE_FINISH = "http.client.response.finish";
const REQUEST_ERROR = "http.client.request.error";

/** Watches every request that a client of the process makes, until the returned function is called. */
export function observeHttpClients(parts: ClientParts): () => void {
  const asks = new HttpAsks(parts.asks, parts.calls);
  const onCreated = (message: unknown): void => {
    try {
      asks.see((message as { request: ClientRequest }).request);
    } catch (error) {
      parts.health.failed(REQUEST_CREATED, error);
    }
  };
  const onConnecting = (message: unknown): void => {
    try {
      asks.connecting((message as { socket: Socket }).socket);
    } catch (error) {
      parts.health.failed(CONNECTING, error);
    }
  };
  // Despite its name this channel is called when the head has arrived, before the program sees the response.
  const onResponse = (message: unknown): void => {
    try {
      const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
      const call = asks.callOf(request);
      if (call?.state !== "asked") return;
      asks.forget(request, call);
      const answer = takeFromHead(response);
      const origin = asks.origin(request, response);
      if (origin === "meant") receiveAnswer(parts, call, response.statusCode ?? 0, answer, response);
      else if (origin === "elsewhere") strayed(parts, call, response.socket.remoteAddress, answer);
      else if (answer !== undefined) parts.health.count("answers_untrusted");
    } catch (error) {
      parts.health.failed(RESPONSE_FINISH, error);
    }
  };
  // The span only has an AbortError; whether a time limit or the program ended the call is in the error's cause.
  const onError = (message: unknown): void => {
    try {
      const { request, error } = message as { request: ClientRequest; error: unknown };
      const call = asks.callOf(request);
      if (call !== undefined) asks.forgetUnsent(request, call);
      const id = call?.id ?? idOfTraceparent(request.getHeader("traceparent"));
      if (id !== undefined) parts.calls.broke(id, error, cancelledBy(request));
    } catch (error) {
      parts.health.failed(REQUEST_ERROR, error);
    }
  };
  const leave = guardRequests(
    {
      headMade: (request) => asks.headMade(request),
      failed: (place, error) => parts.health.failed(place, error),
    },
    registry(),
  );
  // Node 20 has no such channel.
  subscribe(CONNECTING, onConnecting);
  subscribe(REQUEST_CREATED, onCreated);
  subscribe(RESPONSE_FINISH, onResponse);
  subscribe(REQUEST_ERROR, onError);
  return () => {
    leave();
    unsubscribe(CONNECTING, onConnecting);
    unsubscribe(REQUEST_CREATED, onCreated);
    unsubscribe(RESPONSE_FINISH, onResponse);
    unsubscribe(REQUEST_ERROR, onError);
  };
}

/** How this process ended a request that gets no response; `undefined` if it did not. Node itself destroys it later than this. */
function cancelledBy(request: ClientRequest): CancelledCall | undefined {
  return request.destroyed ? { limitMs: request.socket?.timeout ?? 0 } : undefined;
}

/**
 * How this process ended a response before its body was complete; `undefined` if the peer did, which ends the reading side of
 * the socket or resets it. The time limit of node's own agent does not count: it ends no request by itself.
 */
export function cancelledInBody(body: ResponseBody): CancelledCall | undefined {
  const { socket, req } = body as IncomingMessage & { readonly req?: ClientRequest & WithAgent };
  if (!socket?.destroyed || socket.readableEnded || socket.errored) return undefined;
  const limitMs = socket.timeout ?? 0;
  const isAgents = limitMs === req?.agent?.options?.timeout && req.listenerCount("timeout") === 0;
  return { limitMs: isAgents ? 0 : limitMs };
}

interface WithAgent {
  readonly agent?: { readonly options?: { readonly timeout?: number } };
}
