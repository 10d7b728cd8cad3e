// A service of gRPC with a method of each kind, whose messages are bytes.
import type { MethodDefinition } from "@grpc/grpc-js";

/** The kinds of calls; the methods are called after them. */
export type GrpcKind = "Unary" | "ClientStream" | "ServerStream" | "Bidi";

/** The service with this name, as `peer.Peer`. */
export function bytesService(service: string): Record<GrpcKind, MethodDefinition<Buffer, Buffer>> {
  const raw = (bytes: Buffer): Buffer => bytes;
  const method = (kind: GrpcKind): MethodDefinition<Buffer, Buffer> => ({
    path: `/${service}/${kind}`,
    requestStream: kind === "ClientStream" || kind === "Bidi",
    responseStream: kind === "ServerStream" || kind === "Bidi",
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  });
  return {
    Unary: method("Unary"),
    ClientStream: method("ClientStream"),
    ServerStream: method("ServerStream"),
    Bidi: method("Bidi"),
  };
}
