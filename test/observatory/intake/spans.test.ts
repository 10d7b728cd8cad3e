import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Intake, IntakeLimits } from "../../../src/observatory/intake/intake.ts";
import { atOnce } from "../../../src/otlp/work.ts";
import type { SpanFacts } from "../../../src/spans/span-record.ts";
import { COLLECTOR_METRICS, COLLECTOR_TRACES } from "./collector-bytes.ts";
import { attribute, newIntake, pictureOf, START } from "./taking.ts";

const MICROS = START * 1000;

type Values = Partial<SpanFacts> & Pick<SpanFacts, "spanId">;

function span(values: Values): SpanFacts {
  return {
    ...{ service: "shop", kind: "server", name: "GET /", status: "unset", attributes: {}, events: [] },
    ...{ start: MICROS, end: MICROS + 100_000 },
    ...values,
  };
}

function take(spans: readonly SpanFacts[], limits?: IntakeLimits): Intake {
  const intake = newIntake(limits);
  for (const one of spans) intake.span("t", one, START);
  return intake;
}

function arrows(intake: Intake): string[] {
  return pictureOf(intake).edges.map(
    ({ client, server, connectionType, requests, failures }) =>
      `${client} -> ${server}${connectionType === "" ? "" : ` (${connectionType})`} ${requests}/${failures}`,
  );
}

/** shop calls bank, asks its database and sends a message to mailer. */
const TRACE: readonly SpanFacts[] = [
  span({ spanId: "a" }),
  span({ spanId: "b", parentId: "a", kind: "internal" }),
  span({ spanId: "c", parentId: "b", kind: "client", attributes: { "server.address": "10.0.0.7" } }),
  span({ spanId: "d", parentId: "c", service: "bank", status: "error" }),
  span({
    spanId: "e",
    parentId: "a",
    kind: "client",
    attributes: { "db.system.name": "postgresql", "server.address": "db" },
  }),
  span({ spanId: "f", parentId: "a", kind: "producer" }),
  span({ spanId: "g", parentId: "f", kind: "consumer", service: "mailer" }),
  span({
    spanId: "h",
    parentId: "d",
    service: "bank",
    kind: "client",
    attributes: { "server.address": "rates.example" },
  }),
];
const ARROWS = [
  "bank -> rates.example (virtual_node) 1/0",
  "shop -> bank 1/1",
  "shop -> mailer (messaging_system) 1/0",
  "shop -> postgresql/db (database) 1/0",
  "user -> shop (virtual_node) 1/0",
];

describe("spans", () => {
  it("with ids that are very long are told and not kept, and all others count", () => {
    const intake = newIntake();
    const long = "x".repeat(129);
    intake.span(long, span({ spanId: "a" }), START);
    intake.span("t", span({ spanId: long }), START);
    intake.span("t", span({ spanId: "a", parentId: long }), START);
    intake.span(long.slice(1), span({ spanId: long.slice(1) }), START);
    expect(intake.report.unread).toEqual({
      ...{ count: 3, first: "a span with an id of more than 128 characters" },
    });
    expect(arrows(intake)).toEqual(["user -> shop (virtual_node) 1/0"]);
  });

  it("as a Collector writes them make edges", () => {
    const intake = newIntake();
    expect(atOnce(intake.tracesProtobuf(COLLECTOR_TRACES, START))).toEqual({ rejected: 0 });
    expect(arrows(intake)).toEqual(["shop -> bank 1/1", "user -> shop (virtual_node) 1/1"]);
  });

  it("make an edge of each call, whatever their order", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...TRACE], { minLength: TRACE.length }), (spans) => {
        expect(arrows(take(spans))).toEqual(ARROWS);
      }),
    );
  });

  it("count a request once: what a call consists of, a layer beneath an entry, and a span that comes twice add nothing", () => {
    const more = [
      span({ spanId: "i", parentId: "e", kind: "client", attributes: { "server.address": "db" } }),
      span({ spanId: "j", parentId: "a" }),
      ...TRACE,
    ];
    expect(arrows(take([...TRACE, ...more]))).toEqual(ARROWS);
  });

  it("that were exported because their request failed are no traffic", () => {
    const forced = TRACE.map((one) =>
      one.spanId === "a" ? { ...one, attributes: { "error_tree.forced": true } } : one,
    );
    const intake = take(forced);
    expect([...intake.failing(0, Number.POSITIVE_INFINITY)]).toHaveLength(1);
    expect(arrows(intake)).toEqual([]);
  });

  it("of services that send flow metrics are no traffic: the metrics have counted it, whichever come first", () => {
    for (const isFirst of [true, false]) {
      const intake = newIntake();
      if (isFirst) atOnce(intake.metricsProtobuf(COLLECTOR_METRICS));
      atOnce(intake.tracesProtobuf(COLLECTOR_TRACES, START));
      for (const _ of intake.settle(Number.POSITIVE_INFINITY));
      if (!isFirst) atOnce(intake.metricsProtobuf(COLLECTOR_METRICS));
      // The bank sends the metrics; the shop sends none, and the requests to it are known from its spans alone.
      expect(arrows(intake)).toEqual(["shop -> bank 10/3", "user -> shop (virtual_node) 1/1"]);
    }
  });

  it("of a service whose name is too long for a label are recognised, too", () => {
    const service = `shop-${"x".repeat(40)}`;
    const intake = take([span({ spanId: "a", service })]);
    const point = (client: string, server: string): object => ({
      attributes: [attribute("client", client), attribute("server", server)],
      ...{ startTimeUnixNano: `${START}000000`, timeUnixNano: `${START + 1}000000`, asInt: 7 },
    });
    const requests = { dataPoints: [point("user", service.slice(0, 35))], aggregationTemporality: 2 };
    atOnce(
      intake.metricsJson({
        resourceMetrics: [
          {
            resource: { attributes: [attribute("service.name", service)] },
            scopeMetrics: [{ metrics: [{ name: "traces_service_graph_request_total", sum: requests }] }],
          },
        ],
      }),
    );
    expect(arrows(intake)).toEqual([`user -> ${service.slice(0, 35)} 7/0`]);
  });

  it("whose caller sent none are told, and not counted as what they are not", () => {
    const intake = take([span({ spanId: "a", parentId: "gone" })]);
    expect(arrows(intake)).toEqual([]);
    expect(intake.report.left.get("Requests whose caller sent no spans")).toBe(1);
  });

  it("tell how far clocks differ at least, if most calls of an edge contradict them", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5_000, max: 5_000 }),
        fc.array(fc.nat(80), { minLength: 5 }),
        (off, waits) => {
          const intake = newIntake();
          for (const [i, wait] of waits.entries()) {
            const start = MICROS + wait * 1_000 + off * 1_000;
            intake.span(`t${i}`, span({ spanId: "a", kind: "client" }), START);
            intake.span(
              `t${i}`,
              span({ spanId: "b", parentId: "a", service: "bank", start, end: start + 10_000 }),
              START,
            );
          }
          const ahead = pictureOf(intake).edges[0]?.clockAhead;
          if (ahead !== undefined) expect(Math.sign(ahead)).toBe(Math.sign(off));
          if (ahead !== undefined) expect(Math.abs(ahead)).toBeLessThanOrEqual((Math.abs(off) / 1000) * 1.05);
          if (Math.abs(off) >= 200)
            expect(Math.abs(ahead ?? 0)).toBeGreaterThan(Math.abs(off / 1000) * 0.9 - 0.1);
        },
      ),
    );
  });

  it("of too many traces are settled before their time, and none is lost", () => {
    const intake = newIntake({ mostSpans: 10 });
    for (let i = 0; i < 50; i++) {
      intake.span(`t${i}`, span({ spanId: "a", status: "error" }), START);
      intake.span(
        `t${i}`,
        span({ spanId: "b", parentId: "a", kind: "client", attributes: { "server.address": "x" } }),
        START,
      );
    }
    expect([...intake.settle(0)].length).toBeGreaterThanOrEqual(45);
    expect(arrows(intake)).toEqual(["shop -> x (virtual_node) 50/0", "user -> shop (virtual_node) 50/50"]);
  });

  it("of a trace that never pauses are counted after a minute, and those beyond its bound do not keep it open", () => {
    const intake = newIntake({ mostSpansOfTrace: 100 });
    const SECOND = 1_000;
    for (let i = 0; i < 600; i++) {
      const now = START + i * SECOND;
      const call = { kind: "client", attributes: { "server.address": "x" } } as const;
      intake.span("t", span({ spanId: `s${i}`, parentId: "loop", ...call }), now);
      for (const _ of intake.settle(now - 8 * SECOND));
    }
    expect(intake.report.left.size).toBe(0);
    expect(arrows(intake)).toEqual(["shop -> x (virtual_node) 600/0"]);
    const full = newIntake({ mostSpansOfTrace: 3 });
    for (let i = 0; i < 20; i++) {
      full.span("t", span({ spanId: `s${i}` }), START + i * SECOND);
      for (const _ of full.settle(START + (i - 8) * SECOND));
    }
    expect(full.report.left.get("Spans of traces that have very many")).toBeLessThan(17);
  });

  it("of one trace are bounded, too", () => {
    const intake = newIntake({ mostSpansOfTrace: 3 });
    for (const one of TRACE) intake.span("t", one, START);
    expect(intake.report.left.get("Spans of traces that have very many")).toBe(5);
    expect([...intake.settle(START)][0]?.records).toHaveLength(3);
  });
});
