// The measured process: one request in over node:http, one call out over node:http, the answer back.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { answerQuestions, readArgument } from "../child.ts";
import type { VariantName } from "./variants.ts";

/** What the service is started with. */
export interface ServiceArgument {
  readonly variant: VariantName;
  readonly leafPort: number;
  readonly otlpUrl: string;
}

/** Answered when it has exported all that it had. */
export type ServiceQuestion = "begin" | "end";

/** Since "begin"; times in microseconds. */
export interface Usage {
  readonly user: number;
  readonly system: number;
  readonly elapsed: number;
}

const { variant, leafPort, otlpUrl } = readArgument<ServiceArgument>();
const flush =
  variant === "none" ? async () => {} : (await import("./telemetry.ts")).startTelemetry(variant, otlpUrl);

const server = http.createServer((request, response) => {
  const call = http.get({ host: "127.0.0.1", port: leafPort, path: request.url ?? "/" }, (answer) => {
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
    response.writeHead(502);
    response.end();
  });
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  let began = process.cpuUsage();
  let beganAt = performance.now();
  answerQuestions<ServiceQuestion, Usage>({ port }, async (question) => {
    await flush();
    if (question === "begin") {
      began = process.cpuUsage();
      beganAt = performance.now();
    }
    const { user, system } = process.cpuUsage(began);
    return { user, system, elapsed: (performance.now() - beganAt) * 1000 };
  });
});
