// What a service does with connections that are no plain HTTP/1.1 request: upgrades, tunnels, HTTP/2.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { setTimeout } from "node:timers/promises";
import * as undici from "undici";

/** By then what is to be seen has been sent; not everybody gets an answer. */
const PATIENCE_MS = 200;

/** Hands an upgrade on to whom the request names, and the answer back, as raw as it came. */
export function upgrade(request: IncomingMessage, socket: Duplex): void {
  const seen = JSON.stringify([request.headers, request.rawHeaders]);
  const port = String(request.headers["x-upstream"] ?? "");
  socket.on("error", () => {});
  if (port === "") {
    socket.end(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: thing\r\n\r\n${seen}`);
    return;
  }
  const upstream = http.request({
    port,
    host: "127.0.0.1",
    headers: { connection: "upgrade", upgrade: "thing" },
  });
  upstream.on("upgrade", (response, upstreamSocket) => {
    const lines: string[] = [];
    for (let i = 0; i < response.rawHeaders.length; i += 2)
      lines.push(`${response.rawHeaders[i]}: ${response.rawHeaders[i + 1]}`);
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n${JSON.stringify(response.headers)}`,
    );
    upstreamSocket.destroy();
  });
  upstream.on("response", (response) => {
    response.resume();
    socket.end(
      `HTTP/1.1 ${response.statusCode} no\r\n\r\n${JSON.stringify([response.headers, response.rawHeaders])}`,
    );
  });
  upstream.on("error", () => socket.destroy());
  upstream.end();
}

/** Asks somebody to switch protocols, or for a tunnel; they see what they are sent. */
export async function askToUpgrade({ port, client }: { port: number; client: string }): Promise<void> {
  const origin = `http://127.0.0.1:${port}`;
  const agent = new undici.Agent();
  const socketOf: Readonly<Record<string, () => Promise<Duplex>>> = {
    "http, Upgrade": () =>
      upgraded(
        http.request({ port, host: "127.0.0.1", headers: { connection: "Upgrade", upgrade: "websocket" } }),
        "upgrade",
      ),
    "http, upgrade set later": () => {
      const request = http.request({ port, host: "127.0.0.1" });
      request.setHeader("Connection", "keep-alive, Upgrade");
      request.setHeader("Upgrade", "thing");
      return upgraded(request, "upgrade");
    },
    "http, CONNECT": () =>
      upgraded(
        http.request({ port, host: "127.0.0.1", method: "CONNECT", path: "evil.example:80" }),
        "connect",
      ),
    "undici.upgrade": async () =>
      (await agent.upgrade({ origin, path: "/", protocol: "websocket" } as undici.Dispatcher.UpgradeOptions))
        .socket,
    "undici.connect": async () =>
      (await agent.connect({ origin, path: "evil.example:80" } as undici.Dispatcher.ConnectOptions)).socket,
    WebSocket: async () => {
      new WebSocket(`ws://127.0.0.1:${port}/`).addEventListener("error", () => {});
      return new Promise(() => {});
    },
  };
  const socket = await Promise.race([socketOf[client]?.(), setTimeout(PATIENCE_MS, undefined)]);
  socket?.destroy();
  await agent.destroy();
}

async function upgraded(request: http.ClientRequest, event: string): Promise<Duplex> {
  request.on("error", () => {});
  const [, socket] = (await once(request.end(), event)) as [unknown, Duplex];
  socket.on("error", () => {});
  return socket;
}

/** A gateway between HTTP/2 and its upstream: hands on the whole head, trailers, and what it saw itself as a body. */
export async function answerByHttp2(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): Promise<void> {
  const stream = response.stream as ServerHttp2Stream;
  const seen = JSON.stringify([request.headers, request.rawHeaders]);
  const upstream = request.headers["x-upstream"];
  if (upstream === undefined) {
    response.end(seen);
    return;
  }
  const got = await fetch(String(upstream), { headers: handedOn(request.headers) });
  const body = await got.text();
  for (const [name, value] of got.headers) {
    if (!/^(?:connection|transfer-encoding|content-length|keep-alive)$/.test(name))
      response.setHeader(name, value);
  }
  response.writeHead(got.status);
  if (!stream.destroyed) response.end(body);
}

/** Whatever the client sent, as gateways hand it on. */
function handedOn(headers: Http2ServerRequest["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(":") || name === "x-upstream" ? [] : [[name, String(value)]],
    ),
  );
}
