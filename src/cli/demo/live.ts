// Runs `otel-error-tree demo --live`: the services stay, and a page has a button for everything that can fail.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CommandEnvironment } from "../environment.ts";
import { reasonOf } from "../reason.ts";
import { FAULTS } from "./faults.ts";
import { livePage } from "./live-page.ts";
import { placeOrder } from "./order.ts";
import { startServices } from "./services.ts";

/** Serves until Ctrl-C; returns the exit code. */
export async function demoLive(port: number, environment: CommandEnvironment): Promise<number> {
  const interruption = environment.interrupted?.();
  const services = await startServices();
  const server = http.createServer((request, response) => {
    answer(request, response, services.url).catch((error) => {
      environment.err(`otel-error-tree: ${reasonOf(error)}`);
      response.destroy();
    });
  });
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const { port: taken } = server.address() as AddressInfo;
    environment.out(
      `Three services run here: checkout -> payment -> bank. Look at http://127.0.0.1:${taken}/ (Ctrl-C ends it)`,
    );
    await untilAborted(interruption);
    return 0;
  } finally {
    server.close();
    server.closeAllConnections();
    await services.stop();
  }
}

/** Places the order that the page asks for, if any, and shows what came of it. */
async function answer(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  const { port } = request.socket.address() as AddressInfo;
  // Another name that leads to this host may be that of a page which wants to read this one.
  const isOurs = [`127.0.0.1:${port}`, `localhost:${port}`].includes(request.headers.host ?? "");
  // It may be no URL, as "//" is none.
  const [path, query] = request.url?.split("?") ?? [];
  if (!isOurs || path !== "/" || request.method !== "GET") {
    response.writeHead(isOurs ? 404 : 403, { "content-type": "text/plain" }).end("nothing is here\n");
    return;
  }
  const asked = new URLSearchParams(query).get("fault");
  const fault = FAULTS.find(({ key }) => key === asked);
  const order = fault === undefined ? undefined : { fault, url: `${url}?fault=${fault.key}` };
  const answered = order === undefined ? undefined : await placeOrder(order.url, { asks: true });
  const ordered = order === undefined || answered === undefined ? undefined : { ...order, ...answered };
  const { html, headers } = livePage(ordered);
  response.writeHead(200, headers).end(html);
}

async function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined || signal.aborted) return;
  await once(signal, "abort");
}
