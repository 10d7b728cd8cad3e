// The client side of node:http: who must not see an ask, the answer that came back with a response head, how a call broke.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import { HEADER_NAME, idOfAsk } from "../codec/header.ts";
import type { GivenUp, ResponseBody } from "../model/ports.ts";
import { type ClientParts, idOfTraceparent, ourField, receiveAnswer } from "./receive.ts";

const REQUEST_CREATED = "http.client.request.created";
const RESPONSE_FINISH = "http.client.response.finish";
const REQUEST_ERROR = "http.client.request.error";

/** Listens to every response that a client of the process gets, until the returned function is called. */
export function observeHttpClients(parts: ClientParts): () => void {
  // The span knows the host that is connected to. A forward proxy hands the request on to the one in its URL, in clear.
  const onCreated = (message: unknown): void => {
    try {
      const { request } = message as { request: ClientRequest };
      if (!request.path.startsWith("/") && !request.headersSent) request.removeHeader(HEADER_NAME);
    } catch (error) {
      parts.health.failed(REQUEST_CREATED, error);
    }
  };
  // Despite its name the channel speaks when the head has arrived, before the program sees the response.
  const onResponse = (message: unknown): void => {
    try {
      const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
      const ask = request.getHeader(HEADER_NAME);
      if (ask === undefined) return;
      receiveAnswer(parts, ask, response.statusCode ?? 0, ourField(response.rawHeaders), response);
    } catch (error) {
      parts.health.failed(RESPONSE_FINISH, error);
    }
  };
  // The span tells of an AbortError alone; whether a time limit or the program gave up stands in the error's cause.
  const onError = (message: unknown): void => {
    try {
      const { request, error } = message as { request: ClientRequest; error: unknown };
      const id = idOfAsk(request.getHeader(HEADER_NAME)) ?? idOfTraceparent(request.getHeader("traceparent"));
      if (id !== undefined) parts.calls.broke(id, error, givenUpBy(request));
    } catch (error) {
      parts.health.failed(REQUEST_ERROR, error);
    }
  };
  // Node 20 has no such channel.
  subscribe(REQUEST_CREATED, onCreated);
  subscribe(RESPONSE_FINISH, onResponse);
  subscribe(REQUEST_ERROR, onError);
  return () => {
    unsubscribe(REQUEST_CREATED, onCreated);
    unsubscribe(RESPONSE_FINISH, onResponse);
    unsubscribe(REQUEST_ERROR, onError);
  };
}

/** How this process ended a request that gets no response; `undefined` where it did not: node destroys it only after this. */
function givenUpBy(request: ClientRequest): GivenUp | undefined {
  return request.destroyed ? { limitMs: request.socket?.timeout ?? 0 } : undefined;
}

/**
 * How this process ended a response in the midst of its body. A peer that leaves ends the socket's reading side, or resets
 * it. The limit that node's own agent sets ends nothing: a stream that is quiet for longer is none that was waited for in vain.
 */
export function givenUpInBody(body: ResponseBody): GivenUp | undefined {
  const { socket, req } = body as IncomingMessage & { readonly req?: ClientRequest & WithAgent };
  if (!socket?.destroyed || socket.readableEnded || socket.errored) return undefined;
  const limitMs = socket.timeout ?? 0;
  const isAgents = limitMs === req?.agent?.options?.timeout && req.listenerCount("timeout") === 0;
  return { limitMs: isAgents ? 0 : limitMs };
}

interface WithAgent {
  readonly agent?: { readonly options?: { readonly timeout?: number } };
}
