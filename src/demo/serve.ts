// Serves the route of a service of the demo on a free port, and calls the next service. Whoever started it says what to call.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { failRequest, startSdk } from "./sdk.ts";

/** An error that says with which status the request is answered. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A request to a service. */
export interface Incoming {
  /** What is to go wrong, if anything. */
  readonly fault: string;
  /** Calls another service; resolves to its status. */
  readonly call: (url: string, timeoutMs?: number) => Promise<number>;
  /** URL of the next service. */
  readonly next: string;
}

/** Starts the SDK and a server with one route, which answers 200 if `handle` returns. */
export function serve(name: string, path: string, handle: (incoming: Incoming) => Promise<void>): void {
  const sdk = startSdk(name);
  let next = "";
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    sdk.route("POST", path);
    // The target of a request may be no URL, as "//" is none.
    const fault = new URLSearchParams(request.url?.split("?")[1]).get("fault") ?? "";
    try {
      await handle({ fault, call: (url, timeoutMs) => call(`${url}?fault=${fault}`, timeoutMs), next });
      respond(response, 200, "done");
    } catch (error) {
      failRequest(error);
      const status = error instanceof HttpError ? error.status : 500;
      respond(response, status, http.STATUS_CODES[status] ?? "");
    }
  };
  const server = http.createServer(answer);
  process.on("message", (message: { readonly next?: string; readonly count?: boolean }) => {
    if (message.next !== undefined) next = message.next;
    if (message.count) void sdk.left().then((left) => process.send?.({ left }));
  });
  // Ctrl-C reaches this process too: whoever started it ends it.
  process.on("SIGINT", () => {});
  process.once("disconnect", () => process.exit());
  server.listen(0, "127.0.0.1", () => {
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}` });
  });
}

function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(status < 400 ? { status: text } : { error: text })}\n`);
}

async function call(url: string, timeoutMs = 5_000): Promise<number> {
  const request = http.request(url, { method: "POST", signal: AbortSignal.timeout(timeoutMs) }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

//# sourceURL=demo/serve.js
