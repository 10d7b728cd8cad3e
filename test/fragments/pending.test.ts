// A call that still runs when its request tells its failure: what is told of it, and what is written.
import { SpanKind } from "@opentelemetry/api";
import { AlwaysOnSampler, type ReadableSpan, type Span } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import type { ExportChoice } from "../../src/export/fragment-view.ts";
import { SpanSynthesizer } from "../../src/export/spans/synthesized-spans.ts";
import { fingerprintOf } from "../../src/tree/fingerprint.ts";
import { formatTree } from "../../src/tree/format.ts";
import { type TreeNode, verdictOf } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { backendTrees } from "../support/backend-tree.ts";
import { ASK, type Bench, ERROR, KeptFragments, pipelineBench, type Running } from "../support/sdk.ts";

const { CLIENT, PRODUCER, INTERNAL } = SpanKind;

function running(bench: Bench = pipelineBench()): Running {
  return { ...bench, root: bench.arrives() };
}

/** A call that begins so many milliseconds before now, as the clock of the pipeline has it. */
function call(bench: Running, name: string, beforeMs = 0, kind: SpanKind = CLIENT): Span {
  const options = { kind, startTime: bench.clock.now() - beforeMs };
  return bench.tracer.startSpan(name, options, bench.root.context) as unknown as Span;
}

function idOf(span: Span): string {
  return span.spanContext().spanId;
}

interface Sketch {
  readonly operation: string;
  readonly pending?: true;
  readonly pendingMs?: number;
  readonly code: string;
  readonly beneath?: readonly Sketch[];
}

function sketch({ operation, code, pending, pendingMs, children }: TreeNode): Sketch {
  return {
    operation,
    code,
    ...(pending && { pending }),
    ...(pendingMs === undefined ? undefined : { pendingMs }),
    ...(children.length > 0 && { beneath: children.map(sketch) }),
  };
}

/** What the head tells. */
function head({ root: { span, head: write } }: Running, status = 503): readonly Sketch[] | undefined {
  span.setAttribute("http.response.status_code", status);
  const root = write(status)?.tree?.root;
  return root === undefined ? undefined : (sketch(root).beneath ?? []);
}

/** The spans that are written of the request when it is over. */
function written(bench: Running): readonly ReadableSpan[] {
  bench.root.span.end();
  bench.clock.advance(60_000);
  return bench.sink.accepted.flatMap(({ spans }) => [...spans]);
}

/** What a reader of the backend finds beneath the root. */
function inBackend(bench: Running): readonly Sketch[] {
  const [tree] = backendTrees(written(bench));
  return tree === undefined ? [] : (sketch(tree.root).beneath ?? []);
}

const PENDING = { operation: "GET", code: "ok", pending: true, pendingMs: 1200 } as const;

describe("a call that runs when the head tells a failure is pending", () => {
  test("with the time that it has taken, in the head and in the backend", () => {
    const bench = running();
    call(bench, "GET", 1200);
    expect(head(bench)).toEqual([PENDING]);
    expect(inBackend(bench)).toEqual([PENDING]);
  });

  test("whatever ends well afterwards", () => {
    const bench = running();
    const span = call(bench, "GET", 1200);
    expect(head(bench)).toEqual([PENDING]);
    bench.clock.advance(500);
    span.setAttribute("http.response.status_code", 200).end();
    expect(inBackend(bench)).toEqual([PENDING]);
  });

  test.each(["client", "producer"] as const)("if it is a %s span", (kind) => {
    const bench = running();
    call(bench, "send", 1200, kind === "client" ? CLIENT : PRODUCER);
    expect(head(bench)).toEqual([{ ...PENDING, operation: "send" }]);
    expect(inBackend(bench)).toEqual([{ ...PENDING, operation: "send" }]);
  });

  test("beneath steps that have not failed, and beneath those that have", () => {
    const bench = running();
    const open = bench.root.child("open", INTERNAL);
    open.child("first", CLIENT);
    const failed = bench.root.child("failed", INTERNAL);
    failed.child("second", CLIENT);
    failed.fail();
    const told = head(bench);
    expect(told).toMatchObject([
      { operation: "first", pending: true },
      { operation: "second", pending: true },
    ]);
    open.span.end();
    expect(inBackend(bench)).toEqual(told);
  });

  test("as one with another one within it, as of a client's own span around its transport's", () => {
    const bench = running();
    const outer = bench.root.child("S3.GetObject", CLIENT);
    outer.child("GET", CLIENT);
    expect(head(bench)).toMatchObject([{ operation: "GET", pending: true }]);
    expect(inBackend(bench)).toMatchObject([{ operation: "GET", pending: true }]);
  });

  test("and several equal ones are one with a number", () => {
    const bench = running();
    for (const ms of [300, 1200, 700]) call(bench, "GET", ms);
    const root = bench.root.head(503)?.tree?.root;
    expect(root?.children).toMatchObject([{ operation: "GET", pending: true, count: 3 }]);
    expect(formatTree({ traceId: "", omitted: 0, root: root as TreeNode })).toContain("pending ×3 ");
  });
});

describe("a call is not pending", () => {
  const told = (act: (bench: Running) => void, status = 503): readonly Sketch[] | undefined => {
    const bench = running();
    act(bench);
    return head(bench, status);
  };

  test("when it has ended", () => {
    expect(told((bench) => call(bench, "GET", 5).end())).toEqual([]);
  });

  test("when it is answered and its body is not read", () => {
    const unread = (bench: Running, status: number): void => {
      const span = call(bench, "GET", 5);
      bench.calls.responded(idOf(span), status, undefined, undefined);
    };
    expect(told((bench) => unread(bench, 200))).toEqual([]);
    expect(told((bench) => unread(bench, 500))).toMatchObject([{ code: "internal" }]);
    const bySpan = (bench: Running): void =>
      void call(bench, "GET", 5).setAttribute("http.response.status_code", 200);
    expect(told(bySpan)).toEqual([]);
  });

  test("when the wire showed how it broke", () => {
    const broken = (bench: Running): void => {
      bench.calls.broke(idOf(call(bench, "GET", 5)), new Error("broke"));
    };
    expect(told(broken)).toMatchObject([{ code: "unknown" }]);
  });

  test("when it is no call, but a step of the program", () => {
    expect(told((bench) => void bench.root.child("step", INTERNAL))).toEqual([]);
  });

  test("when the request did not fail", () => {
    const bench = running();
    call(bench, "GET", 5);
    bench.root.child("step").fail();
    expect(head(bench, 200)).toMatchObject([{ operation: "step" }]);
    expect(inBackend(bench)).toEqual([]);
  });

  test("when it began after the head", () => {
    const bench = running();
    expect(head(bench)).toEqual([]);
    call(bench, "GET");
    expect(inBackend(bench)).toEqual([]);
  });
});

describe("a failure that comes after the head", () => {
  test("is that of the call, which is pending no more", () => {
    const bench = running();
    const span = call(bench, "GET", 1200);
    expect(head(bench)).toEqual([PENDING]);
    span.setStatus(ERROR).end();
    expect(inBackend(bench)).toMatchObject([{ operation: "GET", code: "unknown" }]);
  });

  test("of the request itself counts when it is told: a call that runs then is pending", () => {
    const bench = running();
    expect(head(bench, 200)).toBeUndefined();
    call(bench, "GET", 1200);
    bench.root.exchange.closesAs("broken");
    expect(inBackend(bench)).toEqual([PENDING]);
  });
});

test("a head-sampled call says on its own span that it is pending", () => {
  const bench = running(pipelineBench({}, { sampler: new AlwaysOnSampler() }));
  const span = call(bench, "GET", 1200);
  head(bench);
  expect(span.attributes).toMatchObject({ "error_tree.pending": true, "error_tree.pending_ms": 1200 });
});

test("pending calls are no part of verdict and fingerprint", () => {
  const rootOf = (calls: number): TreeNode => {
    const bench = running();
    for (let i = 0; i < calls; i++) call(bench, `GET ${i}`, i);
    return bench.root.head(404)?.tree?.root as TreeNode;
  };
  const [alone, waiting] = [rootOf(0), rootOf(2)];
  expect(waiting.children).toHaveLength(2);
  expect([verdictOf(waiting), fingerprintOf(waiting)]).toEqual(["rejected", fingerprintOf(alone)]);
});

/** A limiter that has no room for anything. */
class NothingExported extends KeptFragments {
  override decide(): ExportChoice {
    return { exported: false };
  }
}

test("a pending call of a service that does not export is written by its caller", () => {
  const callee = pipelineBench({}, { sink: new NothingExported() });
  const asked = callee.arrives(ASK);
  asked.child("SELECT", CLIENT);
  const outcome = asked.head(503) as Answer;

  const caller = running();
  const client = call(caller, "GET", 10);
  caller.pipeline.calls.responded(idOf(client), 503, outcome, undefined);
  client.end();
  const told = head(caller, 500);
  const own = written(caller);
  const callees = caller.sink.accepted.flatMap((fragment) => [...fragment.callees]);
  const { spans } = new SpanSynthesizer().spansOf(
    callees.map((callee) => ({ ...callee, above: callee.span.spanContext().spanId })),
    100,
  );
  const [tree] = backendTrees([...own, ...spans]);
  expect(tree && sketch(tree.root).beneath).toEqual(told);
  expect(told).toMatchObject([{ beneath: [{ operation: "SELECT", pending: true }] }]);
});
