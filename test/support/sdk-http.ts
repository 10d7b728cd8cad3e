// HTTP as the wire shows it: a client that nothing instruments, and servers on ports of their own.
import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, createServer, type Server as NetServer } from "node:net";
import { onTestFinished } from "vitest";
import { exchange, unchunked } from "./sockets.ts";

/** A response, byte for byte. */
export interface WireResponse {
  readonly status: number;
  /** Names in lower case, in the order of the wire; a repeated name stands repeatedly. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** What came behind a chunked body, as `fields`. */
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** The value of a field, `undefined` where it is absent. */
  field(name: string): string | undefined;
}

/** Listens on a free port of the loopback, or a path, until the test has finished. */
export async function listen(server: Server | NetServer, at = "127.0.0.1"): Promise<number> {
  if (at.startsWith("/")) server.listen(at);
  else server.listen(0, at);
  await once(server, "listening");
  onTestFinished(async () => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return (server.address() as AddressInfo).port;
}

/** A service that nothing instruments: says the same to everybody, and keeps the heads of the requests it got. */
export async function plainService(
  status: number,
  body: string,
  fields: readonly string[] | ((head: string) => readonly string[]) = [],
  at?: string,
): Promise<{ port: number; heads: string[] }> {
  const heads: string[] = [];
  const server = createServer((socket) => {
    let head = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      heads.push(head);
      const lines = [
        "content-type: text/plain",
        `content-length: ${body.length}`,
        "connection: close",
        ...(typeof fields === "function" ? fields(head) : fields),
      ];
      socket.end(`HTTP/1.1 ${status} Said\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
    });
  });
  return { port: await listen(server, at), heads };
}

/** A request by hand on a socket of its own; resolves when the server has closed it. */
export async function request(
  port: number,
  path: string,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
  { method = "GET", version = "1.1" }: { method?: string; version?: "1.0" | "1.1" } = {},
): Promise<WireResponse> {
  const fields = Object.entries({ host: `127.0.0.1:${port}`, connection: "close", ...headers });
  const lines = fields.flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  return parse(await exchange(port, `${method} ${path} HTTP/${version}\r\n${lines.join("")}\r\n`));
}

function parse(text: string): WireResponse {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const fields = lines.map(fieldOf);
  const field = (name: string): string | undefined => fields.find(([key]) => key === name)?.[1];
  const rest = text.slice(end + 4);
  const isChunked = field("transfer-encoding") === "chunked";
  const { body, behind } = isChunked ? unchunked(rest) : { body: rest, behind: "" };
  return {
    status: Number(first.split(" ")[1]),
    fields,
    body,
    trailers: behind
      .split("\r\n")
      .filter((line) => line !== "")
      .map(fieldOf),
    field,
  };
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
