// Spans that no instrumentation should write, through every door: nothing throws, and a failure stays one.
import { SpanKind } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { readErrorTree } from "../../src/program/read.ts";
import { rpcStatusOf } from "../../src/spans/response-status.ts";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { formatTree } from "../../src/tree/format.ts";
import { rootCauseOf } from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import { jaegerAnswer, otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";
import { FakeExchange, pipelineBench } from "../support/sdk.ts";

const NUMBERS: readonly unknown[] = [17, 255, 2 ** 31, "17", "99"];
const ASK = { id: "00f067aa0ba902b7", from: "test", json: false };
const ROOM = { treeBytes: 1024, minimalBytes: 1024 };

describe("a gRPC number beyond 16", () => {
  it.each(NUMBERS)("is unknown: %j", (value) => {
    expect(rpcStatusOf({ "rpc.grpc.status_code": value })).toBe("unknown");
    expect(rpcStatusOf({ "rpc.response.status_code": value })).toBe("unknown");
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "", "x", null, [17], {}])(
    "is one that gRPC can tell, which %j is not",
    (value) => {
      expect(rpcStatusOf({ "rpc.grpc.status_code": value })).toBeUndefined();
    },
  );
});

/** A call that fails beneath a server span, both without a name. */
function namelessSpans(number: unknown): SpanFacts[] {
  const span = (spanId: string, kind: SpanFacts["kind"]): SpanFacts => ({
    spanId,
    service: "",
    kind,
    name: "",
    status: "unset",
    attributes: { "rpc.grpc.status_code": number, "server.address": "" },
    events: [],
    start: 0,
    end: 1,
  });
  return [span("a", "server"), { ...span("b", "client"), parentId: "a" }];
}

describe.each([17, 255, "17"])("spans without a name that say gRPC %j", (number) => {
  const spans = namelessSpans(number);
  const files: readonly [string, object][] = [
    ["OTLP", otlpRequest(spans)],
    ["Jaeger", jaegerAnswer(spans)],
  ];
  const options: readonly (readonly string[])[] = [
    ["-f", "json"],
    ["-f", "json", "--every-span"],
    ["-f", "text"],
    ["-f", "header"],
  ];
  for (const [format, file] of files) {
    it.each(options)(`are rendered from ${format} with %j %j`, async (...args) => {
      const run = await runCli(["render", ...args], JSON.stringify(file));
      expect(run).toMatchObject({ code: 0, err: "" });
      expect(run.out).not.toBe("");
      if (args.includes("json")) expect(JSON.parse(run.out)).toMatchObject([{ verdict: "failed" }]);
    });
  }

  it("are told by a live service, whose caller reads the same", () => {
    const bench = pipelineBench();
    const exchange = new FakeExchange(ASK);
    const request = bench.request(exchange);
    request.span.updateName("").setAttribute("rpc.grpc.status_code", number as number);
    const call = request.child("", SpanKind.CLIENT);
    call.span.setAttribute("rpc.grpc.status_code", number as number).end();
    const outcome = bench.pipeline.answerAtHead(exchange, 200);
    request.span.end();
    if (outcome?.tree === undefined) throw new Error("no tree");
    expect(formatTree(outcome.tree)).toContain("unknown");
    const value = createAnswerCodec().encode(outcome, ASK, ROOM)?.value ?? "";
    const read = readErrorTree(value);
    expect(read?.root.code).toBe("unknown");
    expect(read && rootCauseOf(read.root).node.operation).toBe("");
    expect(bench.sink.accepted).toHaveLength(1);
    expect(bench.health.all()).toEqual({ verdicts_failed: 1 });
  });
});
