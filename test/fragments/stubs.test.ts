// Which nodes of a fragment tell the stub of their span: those that nobody else writes.
import { type Context, SpanKind, trace } from "@opentelemetry/api";
import { AlwaysOnSampler, type Span } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { EXCHANGE_KEY } from "../../src/exchange.ts";
import type { ExportChoice } from "../../src/export/fragment-view.ts";
import type { ExportDecision } from "../../src/fragments/decision.ts";
import type { Fragment } from "../../src/fragments/fragment.ts";
import { type TreeContext, treeOf } from "../../src/fragments/result.ts";
import { Decisions } from "../../src/pipeline/decisions.ts";
import { redactNode } from "../../src/tree/redact-node.ts";
import { nodesOf, type TreeNode } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { answerOf, node } from "../support/nodes.ts";
import {
  ASK,
  type Bench,
  ERROR,
  FakeExchange,
  KeptFragments,
  pipelineBench,
  remoteContext,
} from "../support/sdk.ts";

const T0 = 1_764_000_000_000;

/** A limiter that has no room for anything. */
class NothingExported extends KeptFragments {
  override decide(): ExportChoice {
    return { exported: false };
  }
}

const at = (ms: number): TreeContext => ({ now: () => ms, redaction: { redact: redactNode } });

/** What is decided about the request of the exchange at such a time. */
function decided({ sink, health }: Bench, { fragment }: FakeExchange, trees: TreeContext): ExportDecision {
  const decisions = new Decisions({ exports: sink, health, clock: trees, trees, tick: () => 1 });
  return decisions.of(fragment as Fragment);
}

const limited = (): Bench => pipelineBench({}, { sink: new NothingExported() });

/** A span that began so many milliseconds after T0. */
function started(bench: Bench, parent: Context, name: string, kind: SpanKind, afterMs: number): Span {
  return bench.tracer.startSpan(name, { kind, startTime: T0 + afterMs }, parent) as unknown as Span;
}

/** A request that calls a service, which answers with a tree, and has a step of its own that fails. */
function failing(bench: Bench, exchange: FakeExchange): { root: Span; live: Span } {
  const parent = remoteContext();
  const root = bench.tracer.startSpan(
    "GET",
    { kind: SpanKind.SERVER, startTime: T0 },
    parent.setValue(EXCHANGE_KEY, exchange),
  ) as unknown as Span;
  const context = trace.setSpan(parent, root as never);
  const call = started(bench, context, "GET", SpanKind.CLIENT, 5);
  bench.calls.responded(call.spanContext().spanId, 500, answer(), undefined);
  call.end(T0 + 15);
  started(bench, context, "check", SpanKind.INTERNAL, 20)
    .setStatus(ERROR)
    .end(T0 + 21);
  const live = started(bench, context, "SELECT", SpanKind.CLIENT, 30);
  live.setAttribute("db.system.name", "postgresql").setStatus(ERROR);
  return { root, live };
}

function answer(): Answer {
  const fields = { operation: "GET", stub: { kind: "server", startMs: 2, durationMs: 3 } } as const;
  const children = [node("bank", fields), node("ledger", { ...fields, exported: true })];
  const stub = { kind: "server", startMs: 0, durationMs: 8 } as const;
  return answerOf(node("pay", { operation: "GET", stub }, ...children));
}

function told(root: TreeNode | undefined): string[] {
  return [...nodesOf(root as TreeNode)].map(({ service, operation, stub }) => {
    const name = service.startsWith("unknown_service") ? operation : service;
    return stub === undefined ? name : `${name}: ${stub.kind} +${stub.startMs} for ${stub.durationMs}`;
  });
}

describe("a fragment that is not exported", () => {
  test("hands up stubs of its spans, of those that live as of now, and all that it received", () => {
    const bench = limited();
    const exchange = new FakeExchange(ASK);
    failing(bench, exchange);
    const outcome = decided(bench, exchange, at(T0 + 40));
    expect(told(outcome.tree?.raw.root)).toEqual([
      "GET: server +0 for 40",
      "pay: server +5 for 8",
      "bank: server +2 for 3",
      "ledger: server +2 for 3",
      "check: internal +20 for 1",
      "SELECT: client +30 for 10",
    ]);
  });

  test("tells the real time of a call whose response is still being read", () => {
    const bench = limited();
    const exchange = new FakeExchange(ASK);
    const { root } = failing(bench, exchange);
    const context = trace.setSpan(remoteContext(), root as never);
    const call = started(bench, context, "POST", SpanKind.CLIENT, 33);
    bench.calls.responded(call.spanContext().spanId, 503, undefined, undefined);
    const outcome = decided(bench, exchange, at(T0 + 40));
    expect(told(outcome.tree?.raw.root)).toContain("POST: client +33 for 7");
  });

  test("says 0 where the clock went back", () => {
    const bench = limited();
    const exchange = new FakeExchange(ASK);
    failing(bench, exchange);
    const tree = treeOf(exchange.fragment as Fragment, at(T0 - 1000));
    expect(told(tree?.raw.root)).toEqual(
      expect.arrayContaining(["GET: server +0 for 0", "SELECT: client +30 for 0"]),
    );
  });

  test("tells its root where all that failed is a number", () => {
    const bench = pipelineBench({ maxFragments: 1 }, { sink: new NothingExported() });
    const exchange = new FakeExchange(ASK);
    failing(bench, exchange);
    bench.request();
    const outcome = decided(bench, exchange, at(T0 + 40));
    expect(outcome.tree?.raw.omitted).toBeGreaterThan(0);
    expect(told(outcome.tree?.raw.root)).toEqual(["GET: server +0 for 40"]);
  });
});

describe("a fragment that is exported", () => {
  test("hands up no stub, its own or received: whoever is above must not write the spans again", () => {
    const bench = pipelineBench();
    const exchange = new FakeExchange(ASK);
    const { root, live } = failing(bench, exchange);
    const outcome = bench.pipeline.answerAtHead(exchange, 500);
    expect(told(outcome?.tree?.root)).toEqual(["GET", "pay", "bank", "ledger", "check", "SELECT"]);
    expect([...nodesOf(outcome?.tree?.root as TreeNode)].map(({ exported }) => exported ?? false)).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
    ]);
    live.end();
    root.end();
    expect(bench.sink.accepted).toHaveLength(1);
  });
});

test("a head-sampled span has no stub, nor has what is beneath: it is in the backend, and this service writes the rest", () => {
  const bench = pipelineBench({}, { sampler: new AlwaysOnSampler() });
  const exchange = new FakeExchange(ASK);
  failing(bench, exchange);
  const outcome = bench.pipeline.answerAtHead(exchange, 500);
  expect((exchange.fragment as Fragment).decision?.forced).toBe(false);
  expect(outcome).toMatchObject({ exported: false });
  expect(told(outcome?.tree?.root)).toEqual(["GET", "pay", "bank", "ledger", "check", "SELECT"]);
});

test("a request without failures asks no clock", () => {
  const bench = limited();
  const exchange = new FakeExchange(ASK);
  bench.request(exchange, remoteContext());
  const clock = { ...at(T0), now: (): number => expect.unreachable("the clock was asked") };
  expect(decided(bench, exchange, clock).verdict).toBe("ok");
});
