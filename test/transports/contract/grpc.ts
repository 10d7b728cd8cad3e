// gRPC by grpc-js: the four kinds of calls, watched as `register` does it, and a call watched by interceptors alone.
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import { clientInterceptor, installGrpc, serverInterceptor } from "otel-error-tree/grpc";
import { CERTIFICATE, KEY } from "../../e2e/timeouts/certificate.ts";
import { bytesService, type GrpcKind } from "../../support/grpc-bytes.ts";
import type { CallOptions, Incoming, Outgoing, Transport } from "./transports.ts";

type Handle = (call: Incoming) => Promise<Outgoing>;
type ServerStream = Grpc.ServerWritableStream<Buffer, Buffer> | Grpc.ServerDuplexStream<Buffer, Buffer>;
type Method = (...args: unknown[]) => Grpc.ClientReadableStream<Buffer> & Grpc.ClientWritableStream<Buffer>;

const CODES = { ok: 0, "permission-denied": 7, internal: 13, unavailable: 14 } as const;
/** Of a message; the default limit for one that is received is 4 MiB. */
const CHUNK = 1 << 16;

const SERVICE = bytesService("contract.Contract");

/** By `require`, which the instrumentation patches; only in services that use it. */
function grpcJs(): typeof Grpc {
  return createRequire(import.meta.url)("@grpc/grpc-js") as typeof Grpc;
}

function watchedGrpcJs(isByHand: boolean): typeof Grpc {
  const grpc = grpcJs();
  if (!isByHand) installGrpc(grpc);
  return grpc;
}

/** The call in the terms of the contract: path and query are the request. */
function incoming(request: Buffer, metadata: Grpc.Metadata): Incoming {
  const { pathname, searchParams } = new URL(String(request), "grpc://service");
  return {
    path: pathname,
    query: searchParams,
    metadata: JSON.stringify([metadata.getMap(), metadata.toJSON()]),
  };
}

/** Closes the connection of a call. grpc-js shows it to nobody. */
function closeConnection(call: unknown): void {
  let inner = (call as { call: object }).call as {
    nextCall?: never;
    stream?: { session: { destroy(): void } };
  };
  while (inner.nextCall !== undefined) inner = inner.nextCall;
  inner.stream?.session.destroy();
}

async function respond(
  outgoing: Outgoing,
  call: Grpc.ServerUnaryCall<Buffer, Buffer> | Grpc.ServerReadableStream<Buffer, Buffer>,
  callback: Grpc.sendUnaryData<Buffer>,
): Promise<void> {
  if (outgoing === "nothing") closeConnection(call);
  else if (outgoing === "part of a body") {
    call.sendMetadata(new (grpcJs().Metadata)());
    // Not before the head has left for the caller does the connection break off.
    setTimeout(closeConnection, 50, call);
  } else if (outgoing.code === "ok") callback(null, Buffer.from("well"));
  else callback({ code: CODES[outgoing.code], details: "" });
}

async function stream(outgoing: Outgoing, call: ServerStream): Promise<void> {
  if (outgoing === "nothing") closeConnection(call);
  else if (outgoing === "part of a body") {
    call.write(Buffer.from("a message"), () => setTimeout(closeConnection, 50, call));
  } else {
    const body = Buffer.from(outgoing.body ?? "well");
    for (let i = 0; i < body.length; i += CHUNK) call.write(body.subarray(i, i + CHUNK));
    if (outgoing.code === "ok") call.end();
    else call.emit("error", { code: CODES[outgoing.code], details: "" });
  }
}

/** The first message of a stream, when all have come. */
function firstOf(call: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve) => {
    let first: Buffer | undefined;
    call.on("data", (message: Buffer) => {
      first ??= message;
    });
    call.once("end", () => resolve(first ?? Buffer.alloc(0)));
  });
}

/** How an entry differs from a plain one. */
interface Way {
  /** Watched by an interceptor on each side. */
  readonly isByHand?: boolean;
  readonly isSecure?: boolean;
}

async function serve(handle: Handle, { isByHand = false, isSecure = false }: Way): Promise<string> {
  const grpc = watchedGrpcJs(isByHand);
  const server = new grpc.Server(isByHand ? { interceptors: [serverInterceptor] } : {});
  const implementation: Grpc.UntypedServiceImplementation = {
    Unary: async (call: Grpc.ServerUnaryCall<Buffer, Buffer>, callback: Grpc.sendUnaryData<Buffer>) =>
      respond(await handle(incoming(call.request, call.metadata)), call, callback),
    ClientStream: async (
      call: Grpc.ServerReadableStream<Buffer, Buffer>,
      callback: Grpc.sendUnaryData<Buffer>,
    ) => respond(await handle(incoming(await firstOf(call), call.metadata)), call, callback),
    ServerStream: async (call: Grpc.ServerWritableStream<Buffer, Buffer>) =>
      stream(await handle(incoming(call.request, call.metadata)), call),
    Bidi: (call: Grpc.ServerDuplexStream<Buffer, Buffer>) => {
      call.once("data", async (request: Buffer) =>
        stream(await handle(incoming(request, call.metadata)), call),
      );
    },
  };
  server.addService(SERVICE, implementation);
  return await listen(grpc, server, isSecure);
}

function listen(grpc: typeof Grpc, server: Grpc.Server, isSecure: boolean): Promise<string> {
  const pair = { private_key: Buffer.from(KEY), cert_chain: Buffer.from(CERTIFICATE) };
  const credentials = isSecure
    ? grpc.ServerCredentials.createSsl(null, [pair])
    : grpc.ServerCredentials.createInsecure();
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
      if (error) reject(error);
      else resolve(`grpc://127.0.0.1:${port}`);
    });
  });
}

const clients = new Map<string, Grpc.Client>();

function clientOf(host: string, { isByHand = false, isSecure = false }: Way): Grpc.Client {
  const key = `${host} ${isByHand} ${isSecure}`;
  const known = clients.get(key);
  if (known !== undefined) return known;
  const grpc = watchedGrpcJs(isByHand);
  const Client = grpc.makeGenericClientConstructor(SERVICE, "contract.Contract");
  const options = {
    ...(isByHand ? { interceptors: [clientInterceptor] } : undefined),
    // It would be the address, which Node warns about.
    ...(isSecure ? { "grpc.ssl_target_name_override": "localhost" } : undefined),
  };
  // Nobody has signed the certificate.
  const credentials = isSecure
    ? grpc.credentials.createSsl(null, null, null, { rejectUnauthorized: false })
    : grpc.credentials.createInsecure();
  const client = new Client(host, credentials, options);
  clients.set(key, client);
  return client;
}

/** Resolves when the status has come; false if it is not OK. */
function call(kind: GrpcKind, way: Way, to: string, options: CallOptions): Promise<boolean> {
  const { host, pathname, search } = new URL(to.replace(/^grpc:/, "http:"));
  const message = Buffer.from(pathname + search);
  const { requestStream, responseStream } = SERVICE[kind];
  const { signal, timeoutMs } = options;
  const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
  const client = clientOf(host, way) as unknown as Record<GrpcKind, Method>;
  return new Promise((resolve) => {
    const done = (error: unknown): void => resolve(error == null);
    const made = client[kind](
      ...(requestStream ? [] : [message]),
      new (grpcJs().Metadata)(),
      deadline,
      ...(responseStream ? [] : [done]),
    );
    if (timeoutMs === undefined) signal?.addEventListener("abort", () => made.cancel());
    if (responseStream) {
      made.on("error", done);
      made.on("status", ({ code }: { code: number }) => resolve(code === 0));
      if (options.isRead) made.resume();
    }
    if (requestStream) {
      made.write(message);
      made.end();
    }
  });
}

/** A callee that knows nothing of us. */
async function plain(
  code: "unavailable" | "internal",
  trailers: Readonly<Record<string, Buffer>>,
  isSecure: boolean,
): Promise<string> {
  const grpc = grpcJs();
  const server = new grpc.Server();
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  const status = { code: CODES[code], details: "so it is", metadata };
  const answering = (_: unknown, callback: Grpc.sendUnaryData<Buffer>): void => callback(status);
  const emitting = (stream: ServerStream): boolean => stream.emit("error", status);
  const implementation = {
    Unary: answering,
    ClientStream: answering,
    ServerStream: emitting,
    Bidi: emitting,
  };
  server.addService(SERVICE, implementation as unknown as Grpc.UntypedServiceImplementation);
  return await listen(grpc, server, isSecure);
}

const NO_HEAD = "the status comes last: nothing of a call is told before it has failed";
const NO_BODY = "there is one message or a status, and nothing that could be left unread";

function entry(kind: GrpcKind, way: Way = {}): Transport {
  const { isByHand = false, isSecure = false } = way;
  const { responseStream } = SERVICE[kind];
  return {
    serve: (handle) => serve(handle, way),
    call: (to, options) => call(kind, way, to, options),
    operation: `contract.Contract/${kind}`,
    callee: isByHand ? "grpc by hand" : isSecure ? "grpc over TLS" : "grpc unary",
    refused: (host) => ({
      errorType: "ECONNREFUSED",
      message: `No connection established. Last error: Error: connect ECONNREFUSED ${host}. Resolution note: `,
    }),
    plain: (code, isHostile) =>
      plain(
        code,
        isHostile ? { "x-error-tree-bin": Buffer.from('not-found;id="00f067aa0ba902b7";s="forger";e') } : {},
        isSecure,
      ),
    plainSays: () => ({ message: "so it is" }),
    closed: { message: "Connection dropped" },
    brokenOff: {},
    cancelled: {},
    timedOut: {},
    mayAnswerTimeout: true,
    cannot: {
      late: NO_HEAD,
      unread: responseStream ? "who does not read the messages never gets the status behind them" : NO_BODY,
    },
  };
}

export const GRPC: Readonly<Record<string, Transport>> = {
  "grpc unary": entry("Unary"),
  "grpc client stream": entry("ClientStream"),
  "grpc server stream": entry("ServerStream"),
  "grpc bidi": entry("Bidi"),
  "grpc by hand": entry("Unary", { isByHand: true }),
  "grpc over TLS": entry("Unary", { isSecure: true }),
  "grpc over TLS, bidi": entry("Bidi", { isSecure: true }),
};
