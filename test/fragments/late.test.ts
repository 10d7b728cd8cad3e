// What comes to light after the head: what is told behind the body, what is exported, and that each is decided once.
import { SpanKind } from "@opentelemetry/api";
import { AlwaysOnSampler, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import type { ResponseBody } from "../../src/exchange.ts";
import type { ExportChoice, FragmentView } from "../../src/export/fragment-view.ts";
import type { RootFacts } from "../../src/export/spans/root-attributes.ts";
import { DRAIN_MS } from "../../src/fragments/drain.ts";
import type { Attributes } from "../../src/spans/span-record.ts";
import type { TreeNode } from "../../src/tree/tree.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { answerOf, node } from "../support/nodes.ts";
import {
  ASK,
  type Bench,
  ERROR,
  FakeExchange,
  KeptFragments,
  pipelineBench,
  type Running,
  remoteContext,
} from "../support/sdk.ts";

/** A request whose head is written with 200 while nothing has failed. */
function streaming(bench: Bench = pipelineBench(), ask: typeof ASK | undefined = ASK): Running {
  const root = bench.arrives(ask);
  expect(root.head(200)).toMatchObject({ code: "ok", exported: false });
  return { ...bench, root };
}

function stock(code: TreeNode["code"], more: Partial<TreeNode> = {}): TreeNode {
  return node("stock", { operation: "GET /stock", code, ...more });
}

const FINE: Answer = { service: "stock", code: "ok", exported: false };

/** A client span whose callee has answered well so far. */
function calling(bench: Running, body?: ResponseBody): ReturnType<Bench["child"]> {
  const client = bench.root.child("GET", SpanKind.CLIENT);
  bench.calls.responded(client.id, 200, FINE, body);
  return client;
}

function exportsOf(bench: Bench): object[] {
  return bench.sink.accepted.map(({ verdict, late, decidedAt, tree }) => ({
    verdict,
    late,
    decidedAt,
    beneath: tree?.redacted().root.children.map(({ code }) => code),
  }));
}

describe("at the end of a body", () => {
  test("there is nothing to tell where nothing has failed since the head", () => {
    const bench = streaming();
    bench.root.child("step").span.end();
    calling(bench).span.end();
    expect(bench.root.tail()).toBeUndefined();
    bench.root.span.end();
    expect(bench.sink.accepted).toEqual([]);
  });

  test("a failure beneath is told, and the request is handled", () => {
    const bench = streaming();
    bench.root.child("SELECT", SpanKind.CLIENT).fail();
    const outcome = bench.root.tail();
    expect(outcome).toMatchObject({
      code: "ok",
      exported: false,
      tree: { root: { children: [{ message: "broke" }] } },
    });
    bench.root.span.end();
    expect(bench.sink.accepted).toEqual([]);
  });

  test("a call that breaks off is told, also if its callee had told of failures beneath it", () => {
    const bench = pipelineBench();
    const root = bench.arrives(ASK);
    const client = root.child("GET", SpanKind.CLIENT);
    bench.calls.responded(
      client.id,
      200,
      answerOf(stock("ok", { children: [stock("not-found")] })),
      undefined,
    );
    root.head(200);
    expect(root.tail()).toBeUndefined();
    bench.calls.broke(client.id, Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }));
    client.span.end();
    expect(root.tail()?.tree?.root.children[0]).toMatchObject({ code: "unavailable" });
  });

  test("a call that is made once more, and fails in another way, is told", () => {
    const bench = pipelineBench();
    const root = bench.arrives(ASK);
    const client = root.child("GET", SpanKind.CLIENT);
    bench.calls.responded(client.id, 503, undefined, undefined);
    expect(root.head(200)?.tree?.root.children[0]).toMatchObject({ code: "unavailable" });
    bench.calls.repeated(client.id);
    bench.calls.responded(client.id, 404, undefined, undefined);
    expect(root.tail()?.tree?.root.children[0]).toMatchObject({ code: "not-found" });
  });

  test("a failure of the request is told with its export, which is decided at that moment and is late", () => {
    const bench = streaming();
    bench.clock.advance(70);
    bench.root.span.setStatus(ERROR);
    const decidedAt = bench.clock.now();
    const outcome = bench.root.tail();
    expect(outcome).toMatchObject({
      code: "unknown",
      exported: true,
      tree: { root: { message: "broke", exported: true } },
    });
    bench.clock.advance(30);
    bench.root.span.end();
    expect(exportsOf(bench)).toEqual([{ verdict: "failed", late: true, decidedAt, beneath: [] }]);
  });

  test("what the program calls a failure behind the head is one", () => {
    const bench = streaming();
    expect(bench.pipeline.program.fail(bench.root.id, new RangeError("no seats"), "data-loss")).toBe(true);
    expect(bench.root.tail()).toMatchObject({
      code: "data-loss",
      exported: true,
      tree: { root: { errorType: "RangeError", message: "no seats" } },
    });
    bench.root.span.end();
    expect(exportsOf(bench)).toMatchObject([{ late: true }]);
    expect(bench.pipeline.program.fail(bench.root.id, new Error("too late"), undefined)).toBe(false);
  });

  test("a live span that has failed is told", () => {
    const bench = streaming();
    const live = bench.root.child("SELECT", SpanKind.CLIENT);
    live.span.setStatus(ERROR);
    expect(bench.root.tail()?.tree?.root.children).toMatchObject([{ message: "broke" }]);
    live.span.end();
    bench.root.span.end();
  });

  test("failures that the bounds let go of are told by their number", () => {
    const bench = streaming(pipelineBench({ maxSpansPerFragment: 2 }));
    bench.root.child("live");
    bench.root.child("lost").fail();
    expect(bench.root.tail()).toMatchObject({ code: "ok", tree: { omitted: 1 } });
  });

  test.each<[string, (bench: Running) => void]>([
    ["was evicted", (bench) => void bench.request()],
    ["was let go of in time", (bench) => bench.clock.advance(10_500)],
    ["is over", (bench) => bench.root.span.end()],
  ])("a request that %s has nothing more to tell", (_, end) => {
    const bench = streaming(pipelineBench({ maxFragments: 1, fragmentTimeoutMs: 10_000 }));
    end(bench);
    bench.root.span.setStatus(ERROR);
    expect(bench.root.tail()).toBeUndefined();
  });

  test("an exchange that is not recorded, or has no head, has nothing to tell", () => {
    const bench = pipelineBench();
    const exchange = new FakeExchange(ASK);
    expect(bench.pipeline.answerAtEnd(exchange)).toBeUndefined();
    bench.request(exchange).span.setStatus(ERROR);
    expect(bench.pipeline.answerAtEnd(exchange)).toBeUndefined();
  });
});

describe("what the head told is not told again:", () => {
  function headed(): Running {
    const bench = pipelineBench();
    return { ...bench, root: bench.arrives(ASK) };
  }

  test("a failed request", () => {
    const bench = headed();
    expect(bench.root.head(500)).toMatchObject({
      code: "internal",
      exported: true,
    });
    bench.root.span.setAttribute("http.response.status_code", 500);
    expect(bench.root.tail()).toBeUndefined();
    bench.root.span.end();
    expect(exportsOf(bench)).toMatchObject([{ late: false }]);
  });

  test("a live span that had failed, and has ended since", () => {
    const bench = headed();
    const live = bench.root.child("SELECT", SpanKind.CLIENT);
    live.span.setStatus(ERROR);
    expect(bench.root.head(200)?.tree).toBeDefined();
    live.span.end();
    expect(bench.root.tail()).toBeUndefined();
  });

  test("a failed call whose body has been read since", () => {
    const bench = headed();
    const client = bench.root.child("GET", SpanKind.CLIENT);
    bench.calls.responded(client.id, 500, answerOf(stock("internal"), { exported: true }), undefined);
    expect(bench.root.head(502)?.tree?.root.children).toHaveLength(1);
    client.span.setAttribute("http.response.status_code", 500).setStatus(ERROR).end();
    expect(bench.root.tail()).toBeUndefined();
  });

  test("only what is new makes a failed request speak once more, and its export stays what it was", () => {
    const bench = headed();
    bench.root.head(500);
    const decidedAt = bench.clock.now();
    bench.clock.advance(70);
    bench.root.child("SELECT", SpanKind.CLIENT).fail();
    const outcome = bench.root.tail();
    expect(outcome).toMatchObject({
      exported: true,
      tree: { root: { code: "internal", children: [{ message: "broke" }] } },
    });
    bench.root.span.end();
    expect(exportsOf(bench)).toEqual([{ verdict: "failed", late: false, decidedAt, beneath: ["unknown"] }]);
  });
});

describe("an answer behind a callee's body", () => {
  const LATE = answerOf(stock("unavailable", { message: "sold out" }), { exported: true }, 3);

  test("replaces what its head told, and the caller is exported with it", () => {
    const bench = streaming();
    const client = calling(bench);
    bench.calls.amended(client.id, LATE);
    client.span.end();
    expect(bench.root.tail()).toMatchObject({
      code: "ok",
      exported: true,
      tree: {
        omitted: 3,
        root: { children: [{ service: "stock", code: "unavailable", message: "sold out" }] },
      },
    });
    bench.root.span.end();
    expect(exportsOf(bench)).toMatchObject([{ verdict: "handled", late: true, beneath: ["unavailable"] }]);
  });

  test("replaces a tree of the head by its own, which is told as something new", () => {
    const bench = pipelineBench();
    const root = bench.arrives(ASK);
    const client = root.child("GET", SpanKind.CLIENT);
    bench.calls.responded(client.id, 200, answerOf(stock("ok", { children: [stock("aborted")] })), undefined);
    root.head(200);
    bench.calls.amended(
      client.id,
      answerOf(stock("internal", { children: [stock("aborted"), stock("unavailable")] })),
    );
    client.span.end();
    const [callee] = root.tail()?.tree?.root.children ?? [];
    expect(callee).toMatchObject({
      code: "internal",
      children: [{ code: "aborted" }, { code: "unavailable" }],
    });
  });

  test("that tells the same as the head is nothing new", () => {
    const bench = pipelineBench();
    const root = bench.arrives(ASK);
    const client = root.child("GET", SpanKind.CLIENT);
    bench.calls.responded(client.id, 200, LATE, undefined);
    expect(root.head(200)?.exported).toBe(true);
    bench.calls.amended(
      client.id,
      answerOf({ ...(LATE.tree?.root as TreeNode), message: "sold" }, { exported: true }, 3),
    );
    client.span.end();
    expect(root.tail()).toBeUndefined();
  });

  test("without a tree leaves that of the head, and an export is never taken back", () => {
    const bench = pipelineBench();
    const root = bench.arrives(ASK);
    const clients = [LATE, answerOf(stock("aborted")), FINE].map((head) => {
      const client = root.child("GET", SpanKind.CLIENT);
      bench.calls.responded(client.id, 200, head, undefined);
      return client;
    });
    bench.calls.amended(clients[0]?.id as string, FINE);
    bench.calls.amended(clients[1]?.id as string, { ...FINE, exported: true });
    bench.calls.amended(clients[2]?.id as string, FINE);
    for (const { span } of clients) span.end();
    const outcome = root.head(200);
    expect(outcome?.exported).toBe(true);
    expect(outcome?.tree?.root.children.map(({ code }) => code)).toEqual(["unavailable", "aborted"]);
  });

  test("that tells nothing but an export has the caller exported, too", () => {
    const bench = streaming();
    const client = calling(bench);
    bench.calls.amended(client.id, { ...FINE, exported: true });
    client.span.end();
    expect(bench.root.tail()).toEqual(expect.objectContaining({ code: "ok", exported: true }));
    bench.root.span.end();
    expect(bench.sink.accepted).toHaveLength(1);
  });

  test("that comes after the caller's own answer has the caller exported late", () => {
    const bench = streaming();
    const client = calling(bench);
    expect(bench.root.tail()).toBeUndefined();
    bench.root.span.end();
    expect(bench.sink.accepted).toEqual([]);
    bench.calls.amended(client.id, LATE);
    client.span.end();
    expect(exportsOf(bench)).toMatchObject([{ verdict: "handled", late: true, beneath: ["unavailable"] }]);
    expect(bench.pipeline.size).toBe(0);
  });

  test("that comes when the call is forgotten does no harm", () => {
    const bench = streaming();
    const client = calling(bench);
    client.span.end();
    bench.root.span.end();
    bench.calls.amended(client.id, LATE);
    expect([bench.sink.accepted, bench.pipeline.size]).toEqual([[], 0]);
  });
});

describe("fields behind a body of node:http", () => {
  function reading(rawTrailers: string[], outcome: Answer | undefined): { bench: Running; read: unknown[] } {
    const read: unknown[] = [];
    const bench = streaming(
      pipelineBench(
        {},
        {
          readTrailers: ({ rawTrailers: behind }, ...of) => {
            read.push([behind, ...of]);
            return outcome;
          },
        },
      ),
    );
    const body = { errored: null, rawTrailers: [] as readonly string[] };
    const client = calling(bench, body);
    body.rawTrailers = rawTrailers;
    client.span.end();
    read.push(client.id);
    return { bench, read };
  }

  test("are read when the client span ends, before its request is over", () => {
    const { bench, read } = reading(["x-error-tree", "value"], answerOf(stock("unavailable")));
    expect(read).toEqual([[["x-error-tree", "value"], read[1], "GET"], read[1]]);
    expect(bench.root.tail()?.tree?.root.children).toMatchObject([{ code: "unavailable" }]);
  });

  test("are read also where the client span is alone in its process", () => {
    const bench = pipelineBench(
      {},
      { readTrailers: () => answerOf(stock("unavailable"), { exported: true }) },
    );
    const client = bench.child(remoteContext(), "GET", SpanKind.CLIENT);
    bench.calls.responded(client.id, 200, FINE, {
      errored: null,
      rawTrailers: ["x-error-tree", "value"],
    });
    client.span.end();
    expect(bench.sink.accepted[0]?.tree?.redacted().root.children).toMatchObject([
      { service: "stock", code: "unavailable" },
    ]);
  });

  test("that hold no answer change nothing, and where there are none nobody looks", () => {
    expect(reading(["x-sum", "4"], undefined).bench.pipeline.program.treeSoFar("none")).toBeUndefined();
    expect(reading([], answerOf(stock("unavailable"))).read).toHaveLength(1);
  });
});

describe("the export", () => {
  /** A sink that exports what the test allows, and keeps what it was asked. */
  class AskedSink extends KeptFragments {
    readonly views: FragmentView<ReadableSpan>[] = [];
    readonly #allow: (view: FragmentView<ReadableSpan>) => boolean;

    constructor(allow: (view: FragmentView<ReadableSpan>) => boolean) {
      super();
      this.#allow = allow;
    }

    override decide(view: FragmentView<ReadableSpan>): ExportChoice {
      this.views.push(view);
      return { exported: this.#allow(view) };
    }
  }

  test("that was refused for a failed request is not asked for again by its later failures", () => {
    const sink = new AskedSink(() => false);
    const bench = pipelineBench({}, { sink });
    const root = bench.arrives(ASK);
    root.head(500);
    root.child("SELECT", SpanKind.CLIENT).fail();
    expect(root.tail()).toMatchObject({ exported: false });
    root.span.end();
    expect([sink.views.length, sink.accepted.length]).toEqual([1, 0]);
  });

  test("that was refused is asked for once more where a callee was exported since", () => {
    const sink = new AskedSink(({ exportedBeneath }) => exportedBeneath);
    const bench = pipelineBench({}, { sink });
    const root = bench.arrives(ASK);
    const client = root.child("GET", SpanKind.CLIENT);
    bench.calls.responded(client.id, 200, FINE, undefined);
    expect(root.head(500)?.exported).toBe(false);
    bench.calls.amended(client.id, answerOf(stock("internal"), { exported: true }));
    expect(root.tail()?.exported).toBe(true);
    client.span.end();
    root.span.end();
    expect([sink.views.length, sink.accepted.length]).toEqual([2, 1]);
    expect(sink.accepted[0]?.late).toBe(true);
  });

  test("of a head-sampled request is its normal way, and its root tells the tree and that it is late", () => {
    class TellingSink extends KeptFragments {
      override rootAttributes(facts?: RootFacts): Attributes {
        return { "error_tree.verdict": facts?.verdict, nodes: facts?.tree.root.children.length };
      }
    }
    const sink = new TellingSink();
    const bench = streaming(pipelineBench({}, { sampler: new AlwaysOnSampler(), sink }));
    expect(bench.root.span.attributes).not.toHaveProperty("error_tree.verdict");
    bench.pipeline.program.fail(bench.root.id, new Error("broke"), "internal");
    expect(bench.root.tail()).toMatchObject({ code: "internal", exported: false });
    expect(bench.root.span.attributes).toMatchObject({
      "error_tree.verdict": "failed",
      "error_tree.late": true,
      nodes: 0,
    });
    bench.root.span.end();
    expect(sink.accepted).toEqual([]);
  });

  test("is promised no more after the shutdown", async () => {
    const bench = streaming();
    const waiting = new FakeExchange(ASK);
    bench.request(waiting, remoteContext());
    const over = bench.processor.shutdown();
    bench.clock.advance(DRAIN_MS);
    await over;
    bench.root.span.setStatus(ERROR);
    expect(bench.root.tail()?.exported ?? false).toBe(false);
    expect(bench.pipeline.answerAtHead(waiting, 500)?.exported).toBe(false);
    expect(bench.sink.accepted).toEqual([]);
  });
});

test("a fragment that cannot be handed over keeps no other one from it", () => {
  class Picky extends KeptFragments {
    refused = 0;

    override accept(fragment: (typeof this.accepted)[number]): void {
      if (this.refused++ === 0) throw new Error("no room");
      super.accept(fragment);
    }
  }
  const bench = pipelineBench({}, { sink: new Picky() });
  for (const name of ["one", "two", "three"]) {
    const { span, child } = bench.request();
    child(`still live in ${name}`);
    span.setStatus({ code: 2, message: name }).end();
  }
  bench.pipeline.flush();
  expect(bench.sink.accepted).toHaveLength(2);
  expect(bench.health.snapshot()).toMatchObject({ internal_errors: 1 });
});

test.each([
  [404, "not-found"],
  [503, "unavailable"],
])("a head with %i says so, though the span has ended as failed before it", (status, code) => {
  const bench = pipelineBench();
  const { span, child, head } = bench.arrives(ASK);
  child("still live");
  span.setStatus(ERROR).end();
  expect(head(status)).toMatchObject({ code });
});

test("an error that the program records after a failing head is in the trailer, and on the exported root", () => {
  const bench = pipelineBench();
  const { span, head, tail } = bench.arrives(ASK);
  expect(head(500)?.tree?.root.message).toBeUndefined();
  span.recordException(new RangeError("no stock for the order"));
  const said = { errorType: "RangeError", message: "no stock for the order" };
  expect(tail()?.tree?.root).toMatchObject(said);
  span.setStatus({ code: 2 }).end();
  expect(bench.sink.accepted[0]?.tree?.redacted().root).toMatchObject(said);
});
