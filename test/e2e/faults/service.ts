// One service of the faults: calls what the request names, or fails in the way that its path names.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { context, trace } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import { runProgram } from "../storm/program.ts";
import { startTelemetry } from "../storm/telemetry.ts";
import { readCall, TRACE_FIELD } from "./call.ts";

type Way = (response: ServerResponse, url: URL) => Promise<void>;

const telemetry = startTelemetry();
const name = process.env.SERVICE_NAME ?? "service";
let hanging = 0;

const WAYS: Readonly<Record<string, Way>> = {
  "/call": call,
  "/hangs": async (response) => {
    process.send?.({ hanging: ++hanging });
    await once(response, "close");
  },
  "/drips": async (response) => {
    response.writeHead(200, { "content-length": 1000 }).write("the first bytes");
    await once(response, "close");
  },
  // Not before the head has left for the caller does the connection break.
  "/cuts": async (response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write("the first bytes", () => response.socket?.resetAndDestroy());
  },
};

runProgram(telemetry, (request, response) => {
  const url = new URL(request.url ?? "/", "http://service");
  // As a framework does whose instrumentation knows the route.
  const metadata = getRPCMetadata(context.active());
  if (metadata !== undefined) metadata.route = url.pathname;
  void WAYS[url.pathname]?.(response, url);
});

/** Calls another service, and tells the caller and the log what came of it. */
async function call(response: ServerResponse, url: URL): Promise<void> {
  const { row, to, client, patienceMs } = readCall(url);
  let status = 200;
  let said = "";
  try {
    const receive = client === "http" ? receiveByHttp : receiveByFetch;
    const received = await receive(to, AbortSignal.timeout(patienceMs));
    said = `${received.status} ${received.body}`;
    if (received.status >= 400) status = 502;
  } catch (error) {
    status = 502;
    said = textOfError(error);
  }
  // The program's own log.
  process.stdout.write(`${row}: ${name} ${status}: ${said}\n`);
  const { traceId = "" } = trace.getActiveSpan()?.spanContext() ?? {};
  response.writeHead(status, { "content-type": "text/plain", [TRACE_FIELD]: traceId });
  response.end(`${name}: ${said}`);
}

interface Received {
  readonly status: number;
  readonly body: string;
}

async function receiveByHttp(url: string, signal: AbortSignal): Promise<Received> {
  const [response] = (await once(http.get(url, { signal }), "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

async function receiveByFetch(url: string, signal: AbortSignal): Promise<Received> {
  const response = await fetch(url, { signal });
  return { status: response.status, body: await response.text() };
}

/** The error with all of its causes, as the program sees it. */
function textOfError(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code = "" } = at as { code?: unknown };
    texts.push(`${at.name} ${code} ${at.message}`);
  }
  return texts.join(" < ");
}
