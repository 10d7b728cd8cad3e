// A service whose requests hang, each with many spans beneath that hold large texts, until it is told to answer them.
import { randomBytes } from "node:crypto";
import http, { type ServerResponse } from "node:http";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { withErrorTree } from "otel-error-tree";
import { onAsk } from "../../support/process/in-child.ts";
import { readArgument, serve } from "../../support/process/serve.ts";
import { startNodeSdk } from "../../support/start-sdk.ts";
import { readHeap } from "../memory/heap.ts";

/** What its requests do. */
export interface Shape {
  readonly spans: number;
  readonly bytes: number;
}

const { spans, bytes } = readArgument<Shape>();
startNodeSdk(withErrorTree({ serviceName: "shop" }, { trust: "loopback" }));
const tracer = trace.getTracer("shop");
const hanging: (() => ServerResponse)[] = [];

const server = http.createServer({ requestTimeout: 0 }, (_, response) => {
  tracer.startActiveSpan("charge", (span) => {
    span.setStatus({ code: SpanStatusCode.ERROR, message: "card declined" });
    span.end();
  });
  for (let i = 0; i < spans; i++) {
    const span = tracer.startSpan("step");
    // Each a text of its own.
    span.setAttribute("app.body", randomBytes(Math.ceil(bytes / 2)).toString("hex"));
    span.end();
  }
  hanging.push(() => response.writeHead(500).end());
});

onAsk({
  heap: readHeap,
  hanging: () => hanging.length,
  answer() {
    for (const answer of hanging.splice(0)) answer();
  },
});
serve(server);
