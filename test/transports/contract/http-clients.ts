// HTTP/1.1 by every client that programs use, in the clear and over TLS.
import { once } from "node:events";
import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import axios, { type AxiosResponse } from "axios";
import got from "got";
import nodeFetch from "node-fetch";
import * as undici from "undici";
import { CERTIFICATE, KEY } from "../../e2e/timeouts/certificate.ts";
import { plainService } from "../../support/sdk-http.ts";
import type { CallOptions, Failure, Incoming, Outgoing, Transport } from "./transports.ts";

export const STATUS = { ok: 200, "permission-denied": 403, internal: 500, unavailable: 503 } as const;
/** Nobody has signed the certificate. */
const TLS = { rejectUnauthorized: false };
const RETRIES = 2;
/** How long a slow reader takes for a part of a body: longer than its caller takes to answer. */
export const SLOWLY_MS = 100;

type Handle = (call: Incoming) => Promise<Outgoing>;

function listenerOf(handle: Handle): http.RequestListener {
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://service");
    const metadata = JSON.stringify([request.headers, request.rawHeaders]);
    answer(await handle({ path: pathname, query: searchParams, metadata }), request, response);
  };
}

async function addressOf(server: http.Server | https.Server, scheme: string): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function serveHttp(handle: Handle): Promise<string> {
  return addressOf(http.createServer(listenerOf(handle)), "http");
}

function serveHttps(handle: Handle): Promise<string> {
  return addressOf(https.createServer({ key: KEY, cert: CERTIFICATE }, listenerOf(handle)), "https");
}

function answer(outgoing: Outgoing, request: IncomingMessage, response: ServerResponse): void {
  if (outgoing === "nothing") request.socket.destroy();
  else if (outgoing === "part of a body") {
    response.writeHead(200, { "content-length": 1000 });
    // Not before the head has left for the caller does the body break off.
    response.write("the first bytes", () => response.destroy());
  } else response.writeHead(STATUS[outgoing.code]).end(outgoing.body ?? outgoing.code);
}

function withSignal({ signal }: CallOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

async function viaNode(request: ClientRequest, { isRead }: CallOptions): Promise<boolean> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  if (isRead) await text(response);
  return (response.statusCode ?? 0) < 400;
}

async function viaFetch(
  implementation: (to: string, options: { signal?: AbortSignal }) => Promise<Response>,
  to: string,
  options: CallOptions,
): Promise<boolean> {
  const response = await implementation(to, withSignal(options));
  if (options.isRead) await response.text();
  return response.ok;
}

type Dispatched = { signal?: AbortSignal; dispatcher?: undici.Dispatcher };

async function viaUndici(to: string, isRead: boolean, dispatched: Dispatched): Promise<boolean> {
  const { statusCode, body } = await undici.request(to, dispatched);
  if (isRead) await body.text();
  return statusCode < 400;
}

/** Resolves with the head if nobody reads the body in time. */
function viaStream(to: string, options: CallOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let isWell = false;
    const streaming = undici.stream(to, { method: "GET", ...withSignal(options) }, ({ statusCode }) => {
      isWell = statusCode < 400;
      if (options.isRead) return new Writable({ write: (_chunk, _encoding, done) => done() });
      resolve(isWell);
      const write = (_chunk: unknown, _encoding: unknown, done: () => void) =>
        void setTimeout(done, SLOWLY_MS);
      // A small body has room: undici 7 throws into the process if a connection ends on which a body waits.
      return new Writable({ highWaterMark: 1 << 16, write });
    });
    streaming.then(() => resolve(isWell), reject);
  });
}

/** Tries again, if it may, when a callee is unavailable. */
async function viaRetryAgent(to: string, options: CallOptions): Promise<boolean> {
  // Undici runs a retry in the context of whoever opened the connection, so the agent is one of this call's own.
  const dispatcher = new undici.RetryAgent(new undici.Agent(), {
    maxRetries: options.isRetried ? RETRIES : 0,
    minTimeout: 1,
    statusCodes: options.isRetried ? [503] : [],
  });
  return await viaUndici(to, options.isRead, { ...withSignal(options), dispatcher });
}

async function viaAxios(adapter: "http" | "fetch", to: string, options: CallOptions): Promise<boolean> {
  const response: AxiosResponse = await axios.get(to, {
    adapter,
    ...(options.timeoutMs === undefined ? withSignal(options) : { timeout: options.timeoutMs }),
    responseType: options.isRead ? "text" : "stream",
    validateStatus: () => true,
  });
  return response.status < 400;
}

/** Some clients tell the program about an abort before they have ended the request: then it is still pending. */
async function onceEnded<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
    throw error;
  }
}

async function viaGot(to: string, options: CallOptions): Promise<boolean> {
  const { timeoutMs } = options;
  const settings = {
    ...(timeoutMs === undefined ? withSignal(options) : { timeout: { request: timeoutMs } }),
    throwHttpErrors: false,
    retry: { limit: options.isRetried ? RETRIES : 0, backoffLimit: 1 },
  };
  if (options.isRead) return (await got(to, settings)).statusCode < 400;
  const stream = got.stream(to, settings).on("error", () => {});
  const [{ statusCode }] = (await once(stream, "response")) as [{ statusCode: number }];
  return statusCode < 400;
}

/** Made for another ask. */
export const FORGED_ANSWER = 'not-found;id="00f067aa0ba902b7";s="forger";e';

/** A service that takes no part, and gives an answer to nobody's ask if it is hostile. */
export async function plainHttp(code: "unavailable" | "internal", isHostile: boolean): Promise<string> {
  const fields = isHostile ? [`x-error-tree: ${FORGED_ANSWER}`] : [];
  const { port } = await plainService(STATUS[code], "so it is", fields);
  return `http://127.0.0.1:${port}`;
}

export function refusedHttp(host: string): Failure {
  return { errorType: "ECONNREFUSED", message: `connect ECONNREFUSED ${host}` };
}

const CLOSED_BY_NODE = { errorType: "ECONNRESET", message: "socket hang up" };
export const ABORTED_BY_NODE: Partial<Failure> = {
  errorType: "AbortError",
  causes: ["AbortError: This operation was aborted"],
};
const CLOSED_BY_UNDICI = { errorType: "UND_ERR_SOCKET", message: "other side closed" };
const BY_NODE = {
  serve: serveHttp,
  callee: "node:http",
  closed: CLOSED_BY_NODE,
  brokenOff: { errorType: "ECONNRESET" },
} as const;
const BY_UNDICI = {
  serve: serveHttp,
  callee: "node:http",
  closed: CLOSED_BY_UNDICI,
  brokenOff: { errorType: "UND_ERR_SOCKET" },
} as const;

export const HTTP_CLIENTS: Readonly<Record<string, Transport>> = {
  "node:http": {
    ...BY_NODE,
    cancelled: ABORTED_BY_NODE,
    call: (to, options) => viaNode(http.get(to, withSignal(options)), options),
  },
  fetch: {
    ...BY_UNDICI,
    call: (to, options) => viaFetch(fetch, to, options),
  },
  "undici.request": {
    ...BY_UNDICI,
    call: (to, options) => viaUndici(to, options.isRead, withSignal(options)),
  },
  "undici.stream": { ...BY_UNDICI, call: viaStream },
  "undici RetryAgent": { ...BY_UNDICI, call: viaRetryAgent },
  "axios, http": {
    ...BY_NODE,
    call: (to, options) => viaAxios("http", to, options),
    cancelled: { errorType: "ERR_CANCELED" },
    timedOut: { errorType: "ECONNABORTED" },
  },
  "axios, fetch": {
    ...BY_UNDICI,
    call: (to, options) => viaAxios("fetch", to, options),
    cancelled: { errorType: "ERR_CANCELED" },
    timedOut: { errorType: "ETIMEDOUT" },
  },
  got: {
    ...BY_NODE,
    call: (to, options) => onceEnded(viaGot(to, options)),
    cancelled: CLOSED_BY_NODE,
    timedOut: { errorType: "ETIMEDOUT" },
  },
  "node-fetch": {
    ...BY_NODE,
    cancelled: CLOSED_BY_NODE,
    cannot: { deadline: "it has no time limit, and does not pass on the reason of a signal: cancelled" },
    call: (to, options) => onceEnded(viaFetch(nodeFetch as unknown as typeof fetch, to, options)),
  },
  https: {
    ...BY_NODE,
    cancelled: ABORTED_BY_NODE,
    callee: "https",
    serve: serveHttps,
    call: (to, options) =>
      viaNode(
        to.startsWith("http:")
          ? http.get(to, withSignal(options))
          : https.get(to, { ...TLS, ...withSignal(options) }),
        options,
      ),
  },
};
