// Makes a set-up see the requests and calls of every transport.
import { BLOCK_BYTES, MINIMAL_BLOCK_BYTES } from "../wire/limits.ts";
import { type GrpcParts, observeGrpc } from "./grpc/observe.ts";
import { observeHttpClients } from "./http/client.ts";
import { type HttpServerParts, observeHttpServers } from "./http/server.ts";
import { observeUndici } from "./undici/client.ts";

/** What all transports need. */
export interface TransportParts extends GrpcParts, Pick<HttpServerParts, "headerBytes" | "serverTiming"> {}

/** How it stops to see them: at the end of a shutdown no request is answered, and answers that come later are still read. */
interface Observing {
  readonly stopAnswering: () => void;
  readonly stopReading: () => void;
}

/** Sees all requests and calls of the process until the returned functions are called. */
export function observeTransports(parts: TransportParts): Observing {
  const stopAnswering = observeHttpServers({
    ...parts,
    isOpen: () => parts.asks.isOpen,
    blockBytes: BLOCK_BYTES,
    minimalBlockBytes: MINIMAL_BLOCK_BYTES,
  });
  const stops = [observeHttpClients(parts), observeUndici(parts), observeGrpc(parts)];
  const stopReading = (): void => {
    for (const stop of stops) stop();
  };
  return { stopAnswering, stopReading };
}
