// The transports that keep the contract. A further one is one entry: how it serves, how it calls, and how it says what went wrong.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a callee is asked. */
export interface Incoming {
  readonly path: string;
  readonly query: URLSearchParams;
  /** All that came with the call, as the program sees it. */
  readonly metadata: string;
}

/** How it answers: with a code, with a part of its body, or by closing the connection. */
export type Outgoing =
  | {
      readonly code: "ok" | "permission-denied" | "internal" | "unavailable";
      readonly body?: string | Buffer;
    }
  | "part of a body"
  | "nothing";

/** How a program calls. */
interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** False if nobody reads the body. */
  readonly isRead: boolean;
}

/** How something failed, in the words of the transport's client. */
interface Failure {
  readonly errorType: string;
  readonly message: string;
}

export interface Transport {
  /** Serves on a free port of the loopback; resolves with the address for {@link call}. */
  serve(handle: (call: Incoming) => Promise<Outgoing>): Promise<string>;
  /** Resolves with true if the callee answered that all went well; rejects if the call broke. */
  call(to: string, options: CallOptions): Promise<boolean>;
  /** What the node of a call says if the callee closes the connection before it answers. */
  readonly closed: Failure;
  /** The error type of a call whose answer broke off. */
  readonly brokenOff: string;
}

export type TransportName = "node:http" | "fetch";

const STATUS = { ok: 200, "permission-denied": 403, internal: 500, unavailable: 503 } as const;

function serveHttp(handle: (call: Incoming) => Promise<Outgoing>): Promise<string> {
  const server = http.createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://service");
    const metadata = JSON.stringify([request.headers, request.rawHeaders]);
    answerHttp(await handle({ path: pathname, query: searchParams, metadata }), request, response);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

function answerHttp(answer: Outgoing, request: IncomingMessage, response: ServerResponse): void {
  if (answer === "nothing") request.socket.destroy();
  else if (answer === "part of a body") {
    response.writeHead(200, { "content-length": 1000 });
    // Not before the head has left for the caller does the body break off.
    response.write("the first bytes", () => response.destroy());
  } else response.writeHead(STATUS[answer.code]).end(answer.body ?? answer.code);
}

export const TRANSPORTS: Readonly<Record<TransportName, Transport>> = {
  "node:http": {
    serve: serveHttp,
    async call(to, { signal, isRead }) {
      const [response] = (await once(http.get(to, signal === undefined ? {} : { signal }), "response")) as [
        IncomingMessage,
      ];
      if (isRead) await text(response);
      return (response.statusCode ?? 0) < 400;
    },
    closed: { errorType: "ECONNRESET", message: "socket hang up" },
    brokenOff: "ECONNRESET",
  },
  fetch: {
    serve: serveHttp,
    async call(to, { signal, isRead }) {
      const response = await fetch(to, signal === undefined ? {} : { signal });
      if (isRead) await response.text();
      return response.ok;
    },
    closed: { errorType: "UND_ERR_SOCKET", message: "other side closed" },
    brokenOff: "UND_ERR_SOCKET",
  },
};
