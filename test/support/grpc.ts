// Calls of grpc-js on real sockets, within one process: a server of handlers, a client, and peers that know no grpc-js.
import { once } from "node:events";
import http2, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type * as Grpc from "@grpc/grpc-js";
import { onTestFinished } from "vitest";

/** By `require`, which the instrumentation patches when the set-up of a test has started. */
export function grpcJs(): typeof Grpc {
  return createRequire(import.meta.url)("@grpc/grpc-js") as typeof Grpc;
}

type Kind = "unary" | "clientStream" | "serverStream" | "bidi";
/** A handler that calls back. */
export type UnaryHandler = (
  call: Grpc.ServerUnaryCall<string, string>,
  callback: Grpc.sendUnaryData<string>,
) => unknown;
type StreamHandler = (call: Grpc.ServerDuplexStream<string, string>) => unknown;

/** What a server does. */
export interface Handlers {
  readonly unary?: UnaryHandler;
  readonly clientStream?: UnaryHandler;
  readonly serverStream?: StreamHandler;
  readonly bidi?: StreamHandler;
}

const serialize = (text: string): Buffer => Buffer.from(text);
const deserialize = (bytes: Buffer): string => bytes.toString();

function definitionOf(kind: Kind): Grpc.MethodDefinition<string, string> {
  return {
    path: `/shop.Cart/${kind}`,
    requestStream: kind === "clientStream" || kind === "bidi",
    responseStream: kind === "serverStream" || kind === "bidi",
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  };
}

const SERVICE = {
  unary: definitionOf("unary"),
  clientStream: definitionOf("clientStream"),
  serverStream: definitionOf("serverStream"),
  bidi: definitionOf("bidi"),
};

/** Serves until the test has finished; gives the port. */
export async function serveGrpc(
  handlers: Handlers,
  options: Partial<Grpc.ServerOptions> = {},
): Promise<number> {
  const grpc = grpcJs();
  const server = new grpc.Server(options);
  server.addService(SERVICE, handlers as unknown as Grpc.UntypedServiceImplementation);
  onTestFinished(() => server.forceShutdown());
  return await new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

/** What a program saw of a call. */
export interface Seen {
  readonly code: number;
  readonly details: string;
  /** Trailers by name; those that end in `-bin` as bytes. */
  readonly trailers: Readonly<Record<string, Grpc.MetadataValue>>;
  readonly messages: readonly string[];
}

/** How a call is made. */
export interface CallOptions extends Grpc.CallOptions {
  readonly kind?: Kind;
  readonly message?: string;
  readonly metadata?: Grpc.Metadata;
  readonly channel?: Partial<Grpc.ClientOptions>;
  readonly cancelAfterMs?: number;
  readonly cancelsOnMessage?: boolean;
}

/** Makes one call, and tells what came of it when its status has come. */
export async function callGrpc(target: string, options: CallOptions = {}): Promise<Seen> {
  const grpc = grpcJs();
  const {
    kind = "unary",
    message = "x",
    metadata,
    channel = {},
    cancelAfterMs,
    cancelsOnMessage,
    ...callOptions
  } = options;
  const Client = grpc.makeGenericClientConstructor(SERVICE, "shop.Cart");
  const client = new Client(target, grpc.credentials.createInsecure(), channel) as unknown as Grpc.Client &
    Record<Kind, (...args: unknown[]) => Grpc.ClientDuplexStream<string, string>>;
  onTestFinished(() => client.close());
  const { requestStream, responseStream } = SERVICE[kind];
  return await new Promise((resolve) => {
    const messages: string[] = [];
    const call = client[kind](
      ...(requestStream ? [] : [message]),
      metadata ?? new grpc.Metadata(),
      callOptions,
      ...(responseStream ? [] : [(_: unknown, text?: string) => text !== undefined && messages.push(text)]),
    );
    call.on("status", ({ code, details, metadata: trailers }: Grpc.StatusObject) => {
      resolve({ code, details, trailers: trailers.getMap(), messages });
    });
    if (responseStream) {
      call.on("error", () => {});
      call.on("data", (text: string) => {
        messages.push(text);
        if (cancelsOnMessage) call.cancel();
      });
    }
    if (requestStream) {
      call.write(message);
      call.end();
    }
    if (cancelAfterMs !== undefined) setTimeout(() => call.cancel(), cancelAfterMs);
  });
}

/** A server without grpc-js, which answers every call with these trailers; gives what it was sent. */
export async function plainGrpc(
  trailers: (headers: IncomingHttpHeaders) => OutgoingHttpHeaders,
  at = "127.0.0.1",
): Promise<{ port: number; heads: IncomingHttpHeaders[] }> {
  const heads: IncomingHttpHeaders[] = [];
  const server = http2.createServer();
  server.on("stream", (stream, headers) => {
    heads.push(headers);
    stream.on("error", () => {});
    stream.respond(
      { ":status": 200, "content-type": "application/grpc+proto", ...trailers(headers) },
      { endStream: true },
    );
  });
  server.listen(0, at);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, heads };
}

/** A call without grpc-js, with these fields; gives the fields of head and trailers as they came. */
export async function rawCall(
  port: number,
  fields: OutgoingHttpHeaders,
  kind: Kind = "unary",
): Promise<Record<string, unknown>> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": `/shop.Cart/${kind}`,
    "content-type": "application/grpc",
    te: "trailers",
    ...fields,
  });
  const got: Record<string, unknown> = {};
  stream.on("response", (headers) => Object.assign(got, headers));
  stream.on("trailers", (headers) => Object.assign(got, headers));
  stream.on("error", () => {});
  stream.resume();
  // One message of one byte: no compression, four bytes of length.
  stream.end(Buffer.from([0, 0, 0, 0, 1, 120]));
  await once(stream, "close");
  return got;
}
