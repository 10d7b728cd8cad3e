// The client side of node:http: the answer that came back with a response head.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientRequest, IncomingMessage } from "node:http";
import { HEADER_NAME } from "../codec/header.ts";
import type { AnswerCodec, CallDesk, Health } from "../model/ports.ts";
import { receiveAnswer } from "./receive.ts";

const RESPONSE_FINISH = "http.client.response.finish";

/** What the client sides need of the others. */
export interface ClientParts {
  readonly calls: CallDesk;
  readonly codec: AnswerCodec;
  readonly health: Health;
}

/** Listens to every response that a client of the process gets, until the returned function is called. */
export function observeHttpClients(parts: ClientParts): () => void {
  // Despite its name the channel speaks when the head has arrived, before the program sees the response.
  const onResponse = (message: unknown): void => {
    try {
      const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
      const value = response.headers[HEADER_NAME];
      receiveAnswer(parts, request.getHeader(HEADER_NAME), response.statusCode ?? 0, value, response);
    } catch (error) {
      parts.health.failed(RESPONSE_FINISH, error);
    }
  };
  subscribe(RESPONSE_FINISH, onResponse);
  return () => {
    unsubscribe(RESPONSE_FINISH, onResponse);
  };
}
