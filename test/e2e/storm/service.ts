// One service of the storm: does what the script of the request says that it does.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { getRPCMetadata } from "@opentelemetry/core";
import { failRequest } from "otel-error-tree";
import { runProgram } from "./program.ts";
import {
  AT_FIELD,
  ENTRY,
  LONG_MS,
  type Peer,
  ROUTES,
  SCRIPT_FIELD,
  SCRIPTS,
  type ServiceName,
  type Step,
  TRACE_FIELD,
  type Way,
} from "./scripts.ts";
import { startTelemetry } from "./telemetry.ts";

const telemetry = startTelemetry();
const name = process.env.SERVICE_NAME as ServiceName;
const peers = JSON.parse(process.env.STORM_PEERS ?? "{}") as Readonly<Record<Peer, string>>;
const tracer = trace.getTracer(name);

runProgram(telemetry, (request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const index = Number(request.headers[SCRIPT_FIELD]);
  const script = SCRIPTS[index];
  // As a framework does whose instrumentation knows the route.
  const metadata = getRPCMetadata(context.active());
  if (metadata !== undefined && script !== undefined) {
    metadata.route = name === ENTRY ? script.route : ROUTES[name as Exclude<ServiceName, "shop">];
  }
  let status = 500;
  try {
    const step = script?.steps[name] ?? {};
    const failed = await callPeers(step, index);
    status = failed ? (step.passesOn ?? 502) : await perform(step.own, request, response);
  } catch (error) {
    const span = trace.getActiveSpan();
    span?.recordException(error as Error);
    span?.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
  }
  // Nobody is left to be answered, or nothing is left to say.
  if (status === 0) return;
  const { traceId = "" } = trace.getActiveSpan()?.spanContext() ?? {};
  response.writeHead(status, {
    "content-type": "text/plain",
    [TRACE_FIELD]: traceId,
    [AT_FIELD]: String(Date.now()),
  });
  response.end(`${name} ${status}\n`);
}

/** True where not even the last attempt of a call went well. */
async function callPeers(step: Step, index: number): Promise<boolean> {
  const failed = await Promise.all((step.calls ?? []).map((peer) => callPeer(peer, step, index)));
  return failed.includes(true);
}

async function callPeer(peer: Peer, step: Step, index: number): Promise<boolean> {
  const { attempts = 1, patienceMs = LONG_MS } = step;
  const route =
    peer === "refused" || peer === "blackhole" ? "/" : ROUTES[peer as Exclude<ServiceName, "shop">];
  const headers = { [SCRIPT_FIELD]: String(index) };
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      // Both clients that node has; each service has chosen one of them.
      const call = name === "cart" ? callByFetch : callByHttp;
      const status = await call(peers[peer] + route, headers, AbortSignal.timeout(patienceMs));
      if (status < 400) return false;
    } catch {
      // As good as a status that tells of a failure.
    }
  }
  return true;
}

type Call = (url: string, headers: Record<string, string>, signal: AbortSignal) => Promise<number>;

const callByFetch: Call = async (url, headers, signal) => {
  const response = await fetch(url, { headers, signal });
  await response.text();
  return response.status;
};

const callByHttp: Call = async (url, headers, signal) => {
  const [response] = (await once(http.get(url, { headers, signal }), "response")) as [IncomingMessage];
  await text(response);
  return response.statusCode ?? 0;
};

/** The status to answer with; 0 where there is nothing to answer. */
async function perform(
  way: Way | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<number> {
  switch (way?.how) {
    case undefined:
      return 200;
    case "answers":
      return way.status;
    case "throws":
      throw new TypeError("cannot read a price of undefined");
    case "throws inside":
      return failInside(way.operation);
    case "fails under 200":
      failRequest(new Error("the search index is half empty"), way.code);
      return 200;
    case "hangs":
      if (!response.closed) await once(response, "close");
      return 0;
    case "resets":
      request.socket.destroy();
      return 0;
    case "cuts":
      // Not before the head has left for the caller does the body break off.
      response.writeHead(200, { "content-length": 1000 });
      response.write("the first bytes", () => response.destroy());
      return 0;
    default:
      return way satisfies never;
  }
}

function failInside(operation: string): number {
  return tracer.startActiveSpan(operation, (span) => {
    const error = new RangeError("a fee of 120 %");
    span.recordException(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    span.end();
    return 500;
  });
}
