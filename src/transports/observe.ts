// Makes a set-up see the requests and calls of every transport.
import { BLOCK_BYTES, MINIMAL_BLOCK_BYTES } from "../wire/limits.ts";
import { type GrpcParts, observeGrpc } from "./grpc/observe.ts";
import { observeHttpClients } from "./http/client.ts";
import type { HttpServerParts } from "./http/exchange.ts";
import { observeHttpServers } from "./http/server.ts";
import { observeHttp2Clients } from "./http2/client.ts";
import { observeHttp2Servers } from "./http2/server.ts";
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
  const servers: HttpServerParts = {
    ...parts,
    isOpen: () => parts.asks.isOpen,
    blockBytes: BLOCK_BYTES,
    minimalBlockBytes: MINIMAL_BLOCK_BYTES,
  };
  return {
    stopAnswering: all([observeHttpServers(servers), observeHttp2Servers(servers)]),
    stopReading: all([
      observeHttpClients(parts),
      observeUndici(parts),
      observeHttp2Clients(parts),
      observeGrpc(parts),
    ]),
  };
}

function all(stops: readonly (() => void)[]): () => void {
  return () => {
    for (const stop of stops) stop();
  };
}
