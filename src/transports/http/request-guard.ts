// Stands before the heads of all requests of node:http: what is to go along is put into a head that was just made.
import { subscribe } from "node:diagnostics_channel";
import { ClientRequest } from "node:http";
import type { Registry } from "../../registry.ts";
import { joinGuard, replace, report } from "./guard.ts";

const REQUEST_CREATED = "http.client.request.created";

/** The client side of one set-up. */
export interface ClientSide {
  /** The head of a request was made, and is not sent. */
  headMade(request: ClientRequest): void;
  /** Something of ours failed: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
}

/** Node's own, which makes the head of what was set when the program writes or ends; its types do not have it. */
interface HeadMaker {
  _implicitHeader(this: ClientRequest): void;
}

/** Has the set-up see heads until the returned function is called. The guard stands on the prototype, once. */
export function guardRequests(side: ClientSide, shared: Registry): () => void {
  return joinGuard(shared, "clients", side, stand);
}

function stand(sides: ReadonlySet<ClientSide>): void {
  const prototype = ClientRequest.prototype as unknown as HeadMaker;
  const original = prototype._implicitHeader;
  const guarded: HeadMaker = {
    _implicitHeader(): void {
      original.call(this);
      for (const side of sides) {
        try {
          side.headMade(this);
        } catch (error) {
          report(side, "a request's head", error);
        }
      }
    },
  };
  if (replace(prototype, guarded)) return;
  // A program has locked the prototype: then each request gets it.
  subscribe(REQUEST_CREATED, (message) => {
    replace((message as { request: ClientRequest }).request, guarded);
  });
}
