// Counts the requests of a lab service by itself, loaded before its program: plain numbers, by a listener of node:http.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { onAsk } from "../../support/process/in-child.ts";
import { p95Of } from "./p95.ts";

/** What a service has counted. */
export interface Counted {
  readonly requests: number;
  /** Answered with a status of 400 or more. */
  readonly failures: number;
  /** In seconds: so long took the 95th of 100 requests. */
  readonly p95: number;
}

let requests = 0;
let failures = 0;
const durations: number[] = [];

function count(_: IncomingMessage, response: ServerResponse): void {
  const began = performance.now();
  response.once("close", () => {
    requests++;
    if (response.statusCode >= 400) failures++;
    durations.push((performance.now() - began) / 1000);
  });
}

const { createServer } = http;
http.createServer = ((...args: Parameters<typeof createServer>) => {
  const server = createServer(...args).prependListener("request", count);
  // No idle connection is closed: a request that uses it at that moment would be reset, and this is no test of that.
  server.keepAliveTimeout = 0;
  return server;
}) as typeof createServer;

onAsk({
  counted(): Counted {
    return { requests, failures, p95: p95Of(durations) };
  },
  /** In seconds. */
  durations: () => durations,
});
