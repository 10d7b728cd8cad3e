// Stands before the heads of all requests of node:http: what is to go along is put into a head that was just made.
import { subscribe } from "node:diagnostics_channel";
import { ClientRequest } from "node:http";
import type { Registry } from "../../registry.ts";

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
  const sides = shared.clients as Set<ClientSide>;
  sides.add(side);
  if (!shared.hasClientGuard) {
    shared.hasClientGuard = true;
    stand(sides);
  }
  return () => {
    sides.delete(side);
  };
}

function stand(sides: ReadonlySet<ClientSide>): void {
  const prototype = ClientRequest.prototype as unknown as HeadMaker;
  const original = prototype._implicitHeader;
  const value = function _implicitHeader(this: ClientRequest): void {
    original.call(this);
    for (const side of sides) {
      try {
        side.headMade(this);
      } catch (error) {
        failed(side, error);
      }
    }
  };
  const guarded = { value, writable: true, enumerable: true, configurable: true };
  if (Reflect.defineProperty(prototype, "_implicitHeader", guarded)) return;
  // A program has frozen the prototype: then each request gets it.
  subscribe(REQUEST_CREATED, (message) => {
    Reflect.defineProperty((message as { request: ClientRequest }).request, "_implicitHeader", guarded);
  });
}

/** For what another copy of this package brought: it may throw, and has nobody to tell. */
function failed(side: ClientSide, error: unknown): void {
  try {
    side.failed("a request's head", error);
  } catch {
    // The other set-ups are not its business.
  }
}
