// The measured service: answers requests until it is asked how large its heap is.
import http from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { writeHeapSnapshot } from "node:v8";
import { trace } from "@opentelemetry/api";
import { endWithParent, onAsk, tell } from "../../support/process/in-child.ts";
import { readArgument } from "../../support/process/serve.ts";
import { HANDLERS, type Surroundings } from "./handlers.ts";
import { type HeapReading, readHeap } from "./heap.ts";
import { FRAGMENT_TIMEOUT_MS, startTelemetry } from "./telemetry.ts";

/** What the service is told when it starts. */
export interface ServiceArgument {
  readonly upstreamPort: number;
}

/** What it is asked at a quiet moment. */
export interface ServiceQuestion {
  /** Where a snapshot of the heap is written. */
  readonly snapshot?: string | undefined;
}

/** What it answers. */
export interface ServiceReading extends HeapReading {
  readonly counts: Readonly<Record<string, number>>;
  /** Processor time for all requests so far, in milliseconds. */
  readonly cpuMs: number;
}

const SERVICE = "shop";
const HOST = "127.0.0.1";
/** The library looks for what is over so often; then an export may still be under way. */
const SWEEP_MS = 500;
const EXPORT_MS = 500;

const parts = startTelemetry(SERVICE);
const { upstreamPort } = readArgument<ServiceArgument>();

const server = http.createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
  const handle = HANDLERS[request.url?.split("?")[0] ?? ""];
  // A client that leaves is no reason to end.
  request.on("error", () => {});
  response.on("error", () => {});
  if (handle === undefined) throw new Error(`nothing answers ${request.url}`);
  void handle(request, response, around);
});
server.listen(0, HOST);
const closed = createServer().listen(0, HOST);
await Promise.all([server, closed].map((one) => new Promise((resolve) => one.once("listening", resolve))));
const portOf = (one: typeof closed): number => (one.address() as AddressInfo).port;
const around: Surroundings = {
  tracer: trace.getTracer(SERVICE),
  own: `http://${HOST}:${portOf(server)}`,
  upstream: `http://${HOST}:${upstreamPort}`,
  refused: `http://${HOST}:${portOf(closed)}`,
};
closed.close();

let cpuMs = 0;
let cpuBefore = cpuNow();
onAsk({
  async read({ snapshot }: ServiceQuestion): Promise<ServiceReading> {
    cpuMs += cpuNow() - cpuBefore;
    await sleep(FRAGMENT_TIMEOUT_MS + SWEEP_MS + EXPORT_MS);
    const reading = await readHeap();
    if (snapshot !== undefined) writeHeapSnapshot(snapshot);
    cpuBefore = cpuNow();
    return { ...reading, counts: parts.counts(), cpuMs };
  },
});
endWithParent();
tell({ port: portOf(server) });

function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
