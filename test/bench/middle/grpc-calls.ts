// The method that the bench calls over gRPC, without generated code: messages are bytes.
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";

/** By `require`, which the instrumentation patches if there is one. */
export const grpc: typeof Grpc = createRequire(import.meta.url)("@grpc/grpc-js") as typeof Grpc;

const raw = (bytes: Buffer): Buffer => bytes;

const SERVICE = {
  get: {
    path: "/bench.Orders/Get",
    requestStream: false,
    responseStream: false,
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  },
} as const;

/** The numbers of gRPC for what the bench answers. */
export const OK = 0;
export const UNAVAILABLE = 14;

type Handler = Grpc.handleUnaryCall<Buffer, Buffer>;

/** What the client of the method has. */
export interface OrdersClient extends Grpc.Client {
  get(message: Buffer, metadata: Grpc.Metadata, callback: Grpc.requestCallback<Buffer>): Grpc.ClientUnaryCall;
}

/** Serves the method on a free port of the loopback; resolves with the port. */
export function serveGrpc(get: Handler): Promise<number> {
  const server = new grpc.Server();
  server.addService(SERVICE, { get });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

/** A client of the method. */
export function clientOf(port: number): OrdersClient {
  const Client = grpc.makeGenericClientConstructor(SERVICE, "bench.Orders");
  return new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure()) as unknown as OrdersClient;
}
