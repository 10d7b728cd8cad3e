// Serves the observatory over HTTP: OTLP and events in, the page and its API out.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, BlockList, isIP } from "node:net";
import { Turns } from "../intake/turns.ts";
import { answerApi, isApi, sendJson } from "./api-routes.ts";
import { Bodies, type BodyLimits } from "./body.ts";
import { Connections } from "./connections.ts";
import { Guard } from "./guard.ts";
import { Live } from "./live.ts";
import type { Observatory } from "./observatory.ts";
import { answerOtlp, isOtlp } from "./otlp-routes.ts";
import { Pictures } from "./pictures.ts";
import { Refusal } from "./refusal.ts";
import { StaticFiles } from "./static-files.ts";

/** Where and to whom the observatory is shown. */
export interface ServeOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Needed if `host` is not this machine alone. */
  readonly token?: string | undefined;
  /** The built files of the page. */
  readonly pageFolder: URL;
  readonly now: () => number;
  readonly bodies?: BodyLimits;
  /** How long a request may take to come, in milliseconds. @default 30000 */
  readonly mostRequestMs?: number;
  /** If there are more connections, one is closed: whoever has been idle for longest, or is slow to send. @default 900 */
  readonly mostConnections?: number;
  /** Told what went wrong in our own code; a request that fails so is answered with 500. */
  failed(error: unknown): void;
}

/** A running server. */
export interface Served {
  readonly port: number;
  close(): Promise<void>;
}

const TICK_MS = 250;
const BEAT_MS = 15_000;
/** No connection is taken beyond these: a closed one takes a moment to be gone. */
const MOST_SOCKETS = 1_000;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** True if what listens there can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0
    ? host.toLowerCase() === "localhost"
    : LOOPBACK.check(host, family === 4 ? "ipv4" : "ipv6");
}

/**
 * Listens, and ticks the observatory until it is closed.
 *
 * @throws Error of the system if it cannot listen there
 * @throws TypeError if others than this machine can connect and no token is set
 */
export async function serve(observatory: Observatory, options: ServeOptions): Promise<Served> {
  const { host, port, token, pageFolder, now, mostRequestMs = 30_000, mostConnections = 900 } = options;
  if (token === undefined && !isLoopback(host))
    throw new TypeError(`beyond this machine (${host}) a token is needed`);
  const bodies = new Bodies(options.bodies);
  const pictures = new Pictures(observatory);
  const live = new Live((last) => pictures.of({ last }), options.failed);
  const parts: Parts = {
    ...{ observatory, pictures, live, bodies, turns: new Turns(), now },
    guard: new Guard({ token, host }),
    files: new StaticFiles(pageFolder),
  };
  const connections = new Connections(mostConnections);
  const server = http.createServer(
    {
      headersTimeout: Math.min(10_000, mostRequestMs),
      requestTimeout: mostRequestMs,
      connectionsCheckingInterval: Math.min(5_000, mostRequestMs),
      // Exporters send once a minute, and should find their connection open.
      keepAliveTimeout: 75_000,
      maxHeaderSize: 16_384,
    },
    (request, response) => {
      if (!connections.began(request, response)) return;
      handle(request, response, parts).catch((error) => fail(response, error, options));
    },
  );
  server.maxConnections = MOST_SOCKETS;
  server.on("connection", (socket) => connections.opened(socket));
  server.timeout = 120_000;
  server.listen(port, host);
  await once(server, "listening");
  const stopListening = observatory.listen(live);
  const timers = [
    setInterval(
      guarded(() => {
        observatory.tick();
        live.tick();
      }, options),
      TICK_MS,
    ),
    setInterval(() => live.beat(), BEAT_MS),
  ];
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const timer of timers) clearInterval(timer);
      stopListening();
      live.close();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What fails in a timer would end the process. */
function guarded(work: () => void, { failed }: ServeOptions): () => void {
  return () => {
    try {
      work();
    } catch (error) {
      failed(error);
    }
  };
}

interface Parts {
  readonly observatory: Observatory;
  readonly pictures: Pictures;
  readonly live: Live;
  readonly bodies: Bodies;
  readonly turns: Turns;
  readonly guard: Guard;
  readonly files: StaticFiles;
  readonly now: () => number;
}

async function handle(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.on("error", () => {});
  const { pathname, searchParams: parameters } = urlOf(request);
  const entry = pathname === "/" ? parts.guard.enter(parameters.get("token")) : undefined;
  if (entry !== undefined) {
    response.writeHead(303, { ...entry, "cache-control": "no-store" }).end();
    return;
  }
  parts.guard.check(request, !isOtlp(pathname) && !isApi(pathname));
  if (isOtlp(pathname)) {
    const { intake } = parts.observatory;
    await answerOtlp(pathname, { request, response }, { ...parts, intake });
  } else if (isApi(pathname)) await answerApi(pathname, { request, response, parameters }, parts);
  else sendFile(pathname, request, response, parts.files);
}

function sendFile(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  files: StaticFiles,
): void {
  if (!files.has(path)) throw new Refusal(404, "Nothing is here.");
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new Refusal(405, "This takes GET.", { allow: "GET, HEAD" });
  files.send(path, response, request.headers["if-none-match"]);
}

function urlOf({ url = "/" }: IncomingMessage): URL {
  const base = "http://localhost";
  // A target such as `//host` or `http://host/` names another host, which does not matter here.
  if (!URL.canParse(url, base)) throw new Refusal(400, "The path cannot be read.");
  return new URL(url, base);
}

function fail(response: ServerResponse, error: unknown, { failed }: ServeOptions): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (error instanceof Refusal) {
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
    sendJson(response, error.status, { error: error.message });
    return;
  }
  // A body that broke off: nobody is there to be answered.
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ECONNRESET") {
    response.destroy();
    return;
  }
  failed(error);
  sendJson(response, 500, { error: "Something is wrong in the observatory itself." });
}
