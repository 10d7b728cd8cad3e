// A server that answers as nobody should: broken, endless, slow, or with what steers a terminal.
import { once } from "node:events";
import http, { type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { onTestFinished } from "vitest";

/** Answers one request. */
export type Answer = (response: ServerResponse, url: URL) => void;

/** A running one. */
export interface HostileServer {
  readonly url: URL;
  readonly requests: readonly URL[];
  /** Set by the test before each question. */
  answer: Answer;
}

/** Starts one. */
export async function startHostile(first: Answer): Promise<HostileServer> {
  const requests: URL[] = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://hostile");
    requests.push(url);
    hostile.answer(response, url);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const hostile = { url: new URL(`http://127.0.0.1:${port}`), requests, answer: first };
  return hostile;
}

/** JSON of that value, or a text as it is. */
export function says(body: unknown, status = 200, headers: http.OutgoingHttpHeaders = {}): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(text);
  };
}

/** `before`, then `part` again and again until so many bytes have gone, then `after`. No end is reached of endless many. */
export function floods(
  part: string,
  bytes: number,
  {
    before = "",
    after = "",
    headers = {},
  }: { before?: string; after?: string; headers?: http.OutgoingHttpHeaders } = {},
): Answer {
  const chunk = Buffer.from(part.repeat(Math.ceil(65_536 / part.length)));
  return (response) => {
    response.writeHead(200, { "content-type": "application/json", ...headers });
    response.write(before);
    let sent = 0;
    const more = (): void => {
      while (!response.destroyed) {
        if (sent >= bytes) {
          response.end(after);
          return;
        }
        sent += chunk.length;
        if (!response.write(chunk)) break;
      }
    };
    response.on("drain", more);
    more();
  };
}

/** A byte now and then, without an end. */
export const drips: Answer = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 20);
  response.once("close", () => clearInterval(timer));
};

/** Says nothing. */
export const keepsSilent: Answer = () => {};

/** Breaks off in the middle of an answer. */
export const breaksOff: Answer = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"status": "success", "data"', () => response.destroy());
};

/** 512 MiB of spaces in half a megabyte. */
export const bomb: Answer = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
  const bytes = gzipSync(Buffer.alloc(16 * 1024 * 1024, " "));
  for (let i = 0; i < 32; i++) response.write(bytes);
  response.end();
};
