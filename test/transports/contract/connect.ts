// ConnectRPC by connect-node, over HTTP/1.1: an error is an HTTP status, or stands in the message at the end of a stream.
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { create, createFileRegistry, type DescService } from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  type StringValue,
} from "@bufbuild/protobuf/wkt";
import type * as Connect from "@connectrpc/connect";
import type { Client, HandlerContext, Transport as Wire } from "@connectrpc/connect";
import type * as ConnectNode from "@connectrpc/connect-node";
import { connectInterceptor } from "otel-error-tree/connect";
import type { CallOptions, Incoming, Outgoing, Transport } from "./transports.ts";

// By `require`, for the instrumentation patches what that loads: an ES module has its own names for the functions of node:http.
const require = createRequire(import.meta.url);
const { Code, ConnectError, createClient, createContextKey, createContextValues } =
  require("@connectrpc/connect") as typeof Connect;
const { connectNodeAdapter, createConnectTransport, createGrpcWebTransport } =
  require("@connectrpc/connect-node") as typeof ConnectNode;

const CODES = {
  "permission-denied": Code.PermissionDenied,
  internal: Code.Internal,
  unavailable: Code.Unavailable,
} as const;
const TEXT = ".google.protobuf.StringValue";
const REQUEST = createContextKey<UniversalRequest | undefined>(undefined);

/** A request of either HTTP, as the adapter of node gives it. */
type UniversalRequest = Parameters<Listener>[0];
/** What the adapter makes of a router. */
type Listener = ReturnType<typeof ConnectNode.connectNodeAdapter>;
export type Kind = "unary" | "stream";

/** The service, without generated code. */
const CONTRACT: DescService = contract();

type Methods = Client<typeof CONTRACT> & {
  unary(request: object, options: object): Promise<StringValue>;
  stream(request: object, options: object): AsyncIterable<StringValue>;
};

function contract(): DescService {
  const both = { inputType: TEXT, outputType: TEXT };
  const file = create(FileDescriptorProtoSchema, {
    name: "contract.proto",
    package: "contract",
    syntax: "proto3",
    dependency: ["google/protobuf/wrappers.proto"],
    service: [
      {
        name: "Contract",
        method: [
          { name: "Unary", ...both },
          { name: "Stream", ...both, serverStreaming: true },
        ],
      },
    ],
  });
  const wrappers = (name: string): typeof file_google_protobuf_wrappers | undefined =>
    name.endsWith("wrappers.proto") ? file_google_protobuf_wrappers : undefined;
  return createFileRegistry(file, wrappers).getService("contract.Contract") as DescService;
}

/** The call in the terms of the contract: path and query are the request. */
function incoming(message: StringValue, { requestHeader, values }: HandlerContext): Incoming {
  const { pathname, searchParams } = new URL(message.value, "http://service");
  const metadata = JSON.stringify([[...requestHeader], values.get(REQUEST)?.rawHeaders]);
  return { path: pathname, query: searchParams, metadata };
}

/** Throws what is no answer; `nothing` closes the connection. */
function judge(outgoing: Outgoing, { values }: HandlerContext, close: Close): string {
  if (outgoing === "nothing" || outgoing === "part of a body") {
    close(values.get(REQUEST));
    return "";
  }
  if (outgoing.code !== "ok") throw new ConnectError("", CODES[outgoing.code]);
  return "well";
}

type Handle = (call: Incoming) => Promise<Outgoing>;
/** Closes the connection beneath a request. */
type Close = (request: UniversalRequest | undefined) => void;

/** What a server of either HTTP is given. A stream that greets sends a message before it fails. */
export function listenerOf(handle: Handle, close: Close, greets: boolean): Listener {
  return connectNodeAdapter({
    interceptors: [connectInterceptor],
    contextValues: (request) => createContextValues().set(REQUEST, request),
    routes: ({ service }) =>
      service(CONTRACT, {
        async unary(message: StringValue, context: HandlerContext) {
          return { value: judge(await handle(incoming(message, context)), context, close) };
        },
        async *stream(message: StringValue, context: HandlerContext) {
          const outgoing = await handle(incoming(message, context));
          if (outgoing !== "nothing" && (greets || outgoing === "part of a body"))
            yield { value: "a message" };
          // Not before the head has left for the caller does the body break off.
          if (outgoing === "part of a body") await new Promise((resolve) => setTimeout(resolve, 50));
          yield { value: judge(outgoing, context, close) };
        },
      } as never),
  });
}

async function serve(handle: Handle): Promise<string> {
  const listener = listenerOf(handle, (request) => request?.socket.destroy(), true);
  const server = http.createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function call(kind: Kind, to: string, options: CallOptions, isWeb = false): Promise<boolean> {
  const create = isWeb ? createGrpcWebTransport : createConnectTransport;
  return callBy(create({ baseUrl: new URL(to).origin, httpVersion: "1.1" }), kind, to, options);
}

/** Calls by a transport of Connect; false if the callee answered with an error. */
export async function callBy(wire: Wire, kind: Kind, to: string, options: CallOptions): Promise<boolean> {
  const { pathname, search } = new URL(to);
  const client = createClient(CONTRACT, wire) as Methods;
  const request = { value: pathname + search };
  const limits = options.signal === undefined ? {} : { signal: options.signal };
  try {
    if (kind === "unary") await client.unary(request, limits);
    else for await (const _ of client.stream(request, limits));
    return true;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    // What comes behind the last message of a stream, as the trailer with the tree, is read later than the client gives the error.
    if (kind === "stream") await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}

export const UNREAD = "the client reads every body by itself";

export const IN_BODY = "without a tree only the body has the error: its HTTP status is 200";

export const CONNECT: Readonly<Record<string, Transport>> = {
  "connect unary": {
    serve,
    call: (to, options) => call("unary", to, options),
    operation: "contract.Contract/Unary",
    callOperation: "POST",
    closed: { errorType: "ECONNRESET", message: "socket hang up" },
    brokenOff: { errorType: "ECONNRESET" },
    cannot: { unread: UNREAD, late: "the head is sent with the answer: nothing fails between them" },
  },
  "connect stream": {
    serve,
    call: (to, options) => call("stream", to, options),
    callee: "connect unary",
    operation: "contract.Contract/Stream",
    callOperation: "POST",
    closed: { errorType: "ECONNRESET", message: "socket hang up" },
    brokenOff: { errorType: "ECONNRESET" },
    plainSays: (code) => ({
      message: code === "unavailable" ? "HTTP 503" : "HTTP 500",
    }),
    cannot: { unread: UNREAD, untrusted: IN_BODY, shutdown: IN_BODY },
  },
  "grpc-web unary": {
    serve,
    call: (to, options) => call("unary", to, options, true),
    callee: "connect unary",
    operation: "contract.Contract/Unary",
    callOperation: "POST",
    closed: { errorType: "ECONNRESET", message: "socket hang up" },
    brokenOff: { errorType: "ECONNRESET" },
    cannot: {
      unread: UNREAD,
      late: "the head is sent with the answer: nothing fails between them",
      untrusted: IN_BODY,
      shutdown: IN_BODY,
    },
  },
};
