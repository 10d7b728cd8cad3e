// "Failed" means the same through both doors: for a live request, and for the same spans in a file.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSuspect } from "../../src/fragments/read-span.ts";
import { SPAN_KINDS, SPAN_STATUSES } from "../../src/spans/otel.ts";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import { otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";
import { FakeExchange, pipelineBench } from "../support/sdk.ts";

type Signs = Pick<SpanFacts, "kind" | "status" | "attributes" | "events">;

const CASES: readonly (readonly [failed: boolean, name: string, signs: Partial<Signs>])[] = [
  [false, "nothing", {}],
  [true, "ERROR", { status: "error" }],
  [true, "a response status of 500 on an inner span", { attributes: { "http.response.status_code": 500 } }],
  [true, "an old name of it", { attributes: { "http.status_code": 404 } }],
  [true, "a response status of gRPC", { attributes: { "rpc.grpc.status_code": 14 } }],
  [true, "a new name of it", { attributes: { "rpc.response.status_code": "UNAVAILABLE" } }],
  [true, "an exception", { events: [{ name: "exception" }] }],
  [true, "an exception, as OpenTracing writes it", { events: [{ name: "error" }] }],
  [true, "the attribute that stands for ERROR", { attributes: { "otel.status_code": "ERROR" } }],
  [true, "the flag of OpenTracing", { attributes: { error: true } }],
  [
    false,
    "an exception above an answer that is well",
    { attributes: { "http.response.status_code": 200 }, events: [{ name: "exception" }] },
  ],
  [false, "OK", { status: "ok", attributes: { "http.response.status_code": 500 } }],
  [
    true,
    "OK on a server span that answered with 500",
    { kind: "server", status: "ok", attributes: { "http.response.status_code": 500 } },
  ],
];

function facts(signs: Partial<Signs>): SpanFacts {
  const base = { spanId: "a", service: "shop", kind: "internal", name: "GET /", status: "unset" } as const;
  return { ...base, attributes: {}, events: [], start: 1, end: 2, ...signs };
}

describe.each(CASES)("failed (%s): %s", (failed, _, signs) => {
  const { kind, status, attributes, events } = facts(signs);

  test("a live request", () => {
    const bench = pipelineBench();
    const request = bench.request(new FakeExchange());
    const isRequest = kind === "server";
    const { span } = isRequest ? request : request.child("step");
    span.setAttributes(attributes as never);
    for (const { name } of events) span.addEvent(name);
    if (status !== "unset") span.setStatus({ code: SPAN_STATUSES.indexOf(status) });
    span.end();
    expect(isSuspect(span)).toBe(failed);
    if (!isRequest) request.span.setAttribute("http.response.status_code", 500).end();
    const tree = bench.sink.accepted[0]?.tree?.redacted();
    // A failed step becomes one node with the request that failed by it; any other is no node.
    expect(isRequest ? tree !== undefined : tree?.root.at === "step").toBe(failed);
  });

  test("a file", async () => {
    const input = JSON.stringify(otlpRequest([facts(signs)]));
    const { out } = await runCli(["render", "-f", "json"], input);
    expect(JSON.parse(out)).toHaveLength(failed ? 1 : 0);
  });
});

test("whatever a span says, both doors agree", () => {
  const status = fc.constantFrom<unknown>(undefined, 200, 404, 500, "503", "x", 0, 14);
  const signs = fc.record({
    kind: fc.constantFrom(...SPAN_KINDS),
    status: fc.constantFrom(...SPAN_STATUSES),
    attributes: fc.record({
      "http.response.status_code": status,
      "rpc.grpc.status_code": status,
      error: fc.constantFrom<unknown>(undefined, true, false, "false", "yes", ""),
      "otel.status_code": fc.constantFrom<unknown>(undefined, "OK", "ERROR"),
    }),
    events: fc.subarray([{ name: "exception" }, { name: "log" }, { name: "error" }]),
  });
  fc.assert(
    fc.property(signs, fc.boolean(), (one, ended) => {
      const live = {
        kind: SPAN_KINDS.indexOf(one.kind),
        status: { code: SPAN_STATUSES.indexOf(one.status) },
        attributes: one.attributes,
        events: one.events,
        ended,
      };
      const record = toSpanRecord({ ...facts(one), end: ended ? 2 : Number.POSITIVE_INFINITY });
      expect(isSuspect(live as never)).toBe(record.failed);
    }),
  );
});
