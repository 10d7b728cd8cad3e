// Makes a set-up see the calls of gRPC, as far as they are watched.
import { createAnswerCodec } from "../../wire/answer-codec.ts";
import { charsOfTree, METADATA_BYTES } from "../../wire/metadata-value.ts";
import { type GrpcClientParts, GrpcClients } from "./client.ts";
import { GrpcExchange, type GrpcServerParts } from "./server.ts";
import { type GrpcSide, joinGrpc } from "./side.ts";

/** What both sides need. */
export interface GrpcParts extends GrpcServerParts, GrpcClientParts {}

/** Sees calls until the returned function is called; afterwards asks are still hidden. After the shutdown of the asks no call begins. */
export function observeGrpc(given: GrpcParts): () => void {
  // Metadata may hold more than header values.
  const parts = { ...given, codec: createAnswerCodec({ valueBytes: charsOfTree(METADATA_BYTES) }) };
  const clients = new GrpcClients(parts);
  const side: GrpcSide = {
    begin(received) {
      if (!parts.asks.isOpen) return undefined;
      const exchange = new GrpcExchange(received, parts);
      parts.exchanges.set(received.metadata, exchange);
      return exchange;
    },
    callFor: (metadata) => clients.callFor(metadata),
    askFor: (call, target, metadata) => clients.askFor(call, target, metadata),
    answered: (call, code, value, peer) => clients.answered(call, code, value, peer),
    failedCall: (call, failure, addresses) => clients.failedCall(call, failure, addresses),
    failed: (place, error) => parts.health.failed(place, error),
  };
  return joinGrpc(side);
}
