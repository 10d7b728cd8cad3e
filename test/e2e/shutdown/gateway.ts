// The handler of a gateway that copies all headers both ways, and an account of what it began when its process ends.
import { writeSync } from "node:fs";
import http, { type IncomingMessage, type ServerResponse } from "node:http";

const UPSTREAM = process.env.UPSTREAM ?? "";
let begun = 0;
let asked = 0;

/** Hands the request on by `node:http`, or by `fetch` if the variable says so. */
export function handle(request: IncomingMessage, response: ServerResponse): void {
  begun++;
  if (JSON.stringify([request.headers, request.rawHeaders]).includes("v=1")) asked++;
  const { connection: _, host: __, ...headers } = request.headers;
  if (process.env.WAY === "fetch") void byFetch(request.url ?? "/", headers as never, response);
  else byHttp(request.url ?? "/", headers, response);
}

function byHttp(path: string, headers: http.OutgoingHttpHeaders, response: ServerResponse): void {
  http
    .get(UPSTREAM + path, { headers }, (from) => {
      const { connection: _, ...copied } = from.headers;
      response.writeHead(from.statusCode ?? 0, copied);
      from.pipe(response);
    })
    .on("error", () => response.writeHead(502).end());
}

async function byFetch(
  path: string,
  headers: Record<string, string>,
  response: ServerResponse,
): Promise<void> {
  try {
    const answer = await fetch(UPSTREAM + path, { headers });
    const { connection: _, ...copied } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, copied);
    for await (const part of answer.body ?? []) response.write(part);
    response.end();
  } catch {
    response.writeHead(502).end();
  }
}

process.on("exit", () => {
  writeSync(1, JSON.stringify({ begun, asked }));
});
