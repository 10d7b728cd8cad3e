// The services that the gateway calls, in one process: each request fails, and tells of many failures beneath.
import type { IncomingMessage, ServerResponse } from "node:http";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import type { TreeNode } from "../../../src/tree/tree.ts";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import { runProgram } from "../storm/program.ts";
import { startTelemetry } from "../storm/telemetry.ts";

const FIELD = "x-error-tree";
const ROOM = { treeBytes: 2048, minimalBytes: 2048 };

// Nothing of it is exported: the gateway writes what it tells.
const telemetry = startTelemetry({ exporting: false });
const tracer = trace.getTracer("crowd");
const codec = createAnswerCodec();

runProgram(telemetry, (request, response) => {
  const url = new URL(request.url ?? "/", "http://crowd");
  const nodes = Number(url.searchParams.get("nodes"));
  if (url.pathname === "/tell") tell(request, response, nodes);
  else fail(response, nodes, url.searchParams.get("call") ?? "");
});

/** The request is one node, each of its steps another. */
function fail(response: ServerResponse, nodes: number, call: string): void {
  for (let i = 1; i < nodes; i++) {
    const span = tracer.startSpan(`call ${call} step ${i}`);
    span.setStatus({ code: SpanStatusCode.ERROR, message: "no luck" });
    span.end();
  }
  response.writeHead(500).end();
}

/** As a service that means harm, or has a bug: the most nodes that an answer may have are more than an honest one tells. */
function tell(request: IncomingMessage, response: ServerResponse, nodes: number): void {
  const id = /id="([0-9a-f]{16})"/.exec(String(request.headers[FIELD]))?.[1];
  const node: TreeNode = {
    service: "crowd",
    operation: "",
    code: "internal",
    count: 1,
    stub: { kind: "internal" },
    children: [],
  };
  const children = new Array<TreeNode>(nodes - 1).fill(node);
  const root: TreeNode = { ...node, operation: "GET", stub: { kind: "server" }, children };
  const tree = { traceId: "", root, omitted: 0 };
  const outcome = { service: "crowd", code: root.code, exported: false, tree };
  const answer = id && codec.encode(outcome, { id, json: false }, ROOM);
  response.writeHead(500, answer ? { [FIELD]: answer.value } : {}).end();
}
