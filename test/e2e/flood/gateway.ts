// The service under the flood: calls a crowd of others at one time, and fails when they have all answered.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { trace } from "@opentelemetry/api";
import { runProgram } from "../storm/program.ts";
import { startTelemetry } from "../storm/telemetry.ts";
import { BlockWatch } from "./block.ts";
import { readFlood, TRACE_FIELD } from "./call.ts";

/**
 * The calls have all begun, and wait for one of these. A busy peer resets those for which there is no room in its backlog,
 * and closes those that are kept alive too long: none is used twice.
 */
const SOCKETS = 16;

const telemetry = startTelemetry();
const agent = new http.Agent({ maxSockets: SOCKETS });
let watch: BlockWatch | undefined;

runProgram(telemetry, (request, response) => {
  const url = new URL(request.url ?? "/", "http://gateway");
  const act = url.pathname === "/measured" ? tellBlock(response) : flood(response, url);
  act.catch((error: Error) => response.end(`the flood ended early: ${error.stack}`));
});

async function flood(response: ServerResponse, url: URL): Promise<void> {
  const { traceId = "" } = trace.getActiveSpan()?.spanContext() ?? {};
  const { to, path, calls, nodes } = readFlood(url);
  watch = await BlockWatch.start();
  await Promise.all(
    Array.from({ length: calls }, (_, i) => receive(`${to}${path}?nodes=${nodes}&call=${i}`)),
  );
  response.writeHead(502, { [TRACE_FIELD]: traceId }).end("all of them failed");
}

async function receive(url: string): Promise<void> {
  const [response] = (await once(http.get(url, { agent }), "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
}

async function tellBlock(response: ServerResponse): Promise<void> {
  response.end(JSON.stringify(await watch?.stop()));
  agent.destroy();
}
