// The service and its strangers: started in processes of their own, asked over sockets by hand, judged byte by byte.
import { createServer } from "node:net";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { KeyRing } from "../../../src/trust/key-ring.ts";
import type { Secret } from "../../../src/trust/secrets.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { listen } from "../../support/sdk-http.ts";
import { exchange, unchunked } from "../../support/sockets.ts";

const PROGRAM = new URL("./service.ts", import.meta.url);

export const ID = "00f067aa0ba902b7";
/** Every way to answer that the service has. */
export const REQUESTS: readonly string[] = [
  "GET /ok",
  "GET /missing",
  "GET /broken",
  "HEAD /broken",
  "GET /chunked",
  "GET /late",
];

export const OURS: Secret = { keyId: "k1", secret: "QXZ7QXZ7QXZ7QXZ7QXZ7QXZ7QXZ7QXZ7" };
export const SECRET = { OTEL_ERROR_TREE_SECRET: `${OURS.keyId}:${OURS.secret}` };
export const OFF = { OTEL_ERROR_TREE_DISABLED: "true" };

/** A key made with a secret, of a time so many minutes from now. */
export function keyOf(minutes = 0, secret: Secret = OURS): string {
  return new KeyRing([secret], { now: () => Date.now() + minutes * 60_000 }).signed();
}

/** The line of an ask. */
export function askOf(key?: string): string {
  return `x-error-tree: v=1, id="${ID}", from="stranger"${key === undefined ? "" : `, k="${key}"`}`;
}

/** Starts the service with these variables; it is killed by `undo` where it still runs then. */
export function startShop(env: Readonly<Record<string, string>>, undo: Undo): Promise<NodeProcess> {
  return NodeProcess.listening(PROGRAM, {
    name: "shop",
    undo,
    env: {
      OTEL_TRACES_EXPORTER: "none",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      ...env,
    },
  });
}

/** All that comes back on `GET /path`, apart from the date that a proxy adds. */
export async function responseTo(
  port: number,
  request: string,
  lines: readonly string[] = [],
  localAddress?: string,
): Promise<string> {
  const head = [`${request} HTTP/1.1`, "host: shop", "connection: close", ...lines];
  const response = await exchange(port, `${head.join("\r\n")}\r\n\r\n`, localAddress);
  return response.replace(/^date: .*\r\n/im, "");
}

/** The responses to every request there is. */
export async function responsesTo(
  port: number,
  lines: readonly string[] = [],
  localAddress?: string,
): Promise<string[]> {
  const responses: string[] = [];
  for (const request of REQUESTS) responses.push(await responseTo(port, request, lines, localAddress));
  return responses;
}

/** A response whose body is in one piece: proxies cut bodies as they come to read them. */
export function inOneChunk(response: string): string {
  const start = response.indexOf("\r\n\r\n") + 4;
  const head = response.slice(0, start);
  if (!/^transfer-encoding: chunked\r$/im.test(head)) return response;
  const { body, behind } = unchunked(response.slice(start));
  return `${head}${body}\r\n${behind}`;
}

/** Warnings of the library in what a service printed. */
export function warningsIn(printed: string): string[] {
  return printed.split("\n").filter((line) => line.includes("otel-error-tree:"));
}

/** Somebody who is to be contacted by nobody: the connections that came are counted. */
export async function lonely(): Promise<{ readonly url: string; readonly connections: () => number }> {
  let connections = 0;
  const port = await listen(
    createServer((socket) => {
      connections++;
      socket.destroy();
    }),
  );
  return { url: `http://127.0.0.1:${port}/`, connections: () => connections };
}
