// The measured process: one request in over node:http, one call out over node:http, the answer back.
import http from "node:http";
import { readArgument, serve } from "../../support/process/serve.ts";
import { answerUsage } from "./usage.ts";
import type { VariantName } from "./variants.ts";

/** What the service is started with. */
export interface ServiceArgument {
  readonly variant: VariantName;
  readonly leafPort: number;
  readonly grpcLeafPort: number;
  readonly otlpUrl: string;
  /** Spans of the service's own around its call, one after the other. */
  readonly internalSpans: number;
}

const HOST = "127.0.0.1";
const { variant, leafPort, otlpUrl, internalSpans } = readArgument<ServiceArgument>();
// First of all: what is not wanted is not even loaded.
const telemetry = variant === "none" ? undefined : await import("./telemetry.ts");
const flush =
  telemetry === undefined || variant === "none" ? undefined : telemetry.startTelemetry(variant, otlpUrl);
const work = telemetry?.internalWork(internalSpans);

const server = http.createServer((request, response) => {
  work?.();
  const call = http.get({ host: HOST, port: leafPort, path: request.url ?? "/" }, (answer) => {
    let body = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      body += chunk;
    });
    answer.on("end", () => {
      response.writeHead(answer.statusCode ?? 500, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      });
      response.end(body);
    });
  });
  call.on("error", () => {
    response.writeHead(502, { "content-length": 0 });
    response.end();
  });
});

answerUsage(flush);
serve(server);
