// Who counts what of a request: every combination of two sides, and that no request is counted twice.
import { type Attributes, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { afterEach, describe, expect, test, vi } from "vitest";
import { EXCHANGE_KEY } from "../../src/exchange.ts";
import { FlowCounts } from "../../src/observatory/flow/flow-counts.ts";
import { statusOfRpc } from "../../src/spans/response-status.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { ASK, type Bench, FakeExchange, pipelineBench, type Request, remoteContext } from "../support/sdk.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

interface FlowBench extends Bench {
  /** What was counted, as `client -> server (type): requests 1, …`; zeros are left out. */
  counted(): string[];
}

function flowBench(options: Parameters<typeof pipelineBench>[0] = {}, bounds = {}): FlowBench {
  const flow = new FlowCounts(bounds);
  flow.start(0);
  flow.isScrapedAt("/metrics");
  const bench = pipelineBench(options, { flow, service: "shop" });
  return Object.assign(bench, {
    counted: () =>
      [...flow.edges()].map(({ key: { client, server, connectionType }, counts }) => {
        const { requests, failures, arrived, missing, foreign } = counts;
        const numbers = {
          requests,
          failures,
          server: counts.server.count,
          client: counts.client.count,
          arrived,
          missing,
          foreign,
        };
        const seen = Object.entries(numbers).flatMap(([name, n]) => (n === 0 ? [] : `${name} ${n}`));
        return `${client} -> ${server} (${connectionType}): ${seen.join(", ")}`;
      }),
  });
}

const HTTP: Attributes = { "server.address": "pay.internal", "server.port": 8080 };
const POSTGRES: Attributes = {
  "db.system.name": "postgresql",
  "db.namespace": "orders",
  "server.address": "db",
};
const KAFKA: Attributes = { "messaging.system": "kafka", "messaging.destination.name": "orders" };
const SQS: Attributes = { "messaging.system": "aws_sqs", "messaging.destination.name": "receipts" };
const OK: Answer = { service: "payment", code: "ok", exported: false };

/** A call of a request; what comes back is told before its span ends. */
function call(
  bench: Bench,
  request: Pick<Request, "context">,
  attributes: Attributes,
  back: (id: string) => void = () => {},
  kind: SpanKind = SpanKind.CLIENT,
  name = "call",
): void {
  const { span, id } = bench.child(request.context, name, kind);
  span.setAttributes(attributes);
  back(id);
  span.end();
}

/** A service answered: with a status, and what it says if it is one of ours. */
const answered =
  ({ calls }: Bench, status = 200, answer: Answer | "unasked" | "nothing" = OK) =>
  (id: string) =>
    calls.responded(id, status, answer === "nothing" ? undefined : answer, undefined);

describe("the side of the server", () => {
  type Case = readonly [what: string, edge: string, act: (bench: FlowBench) => void];
  const cases: readonly Case[] = [
    [
      "it shows a failure when the process ends, and goes on for a moment",
      "test -> shop (): requests 1, failures 1, server 1, arrived 1",
      ({ arrives, pipeline }) => {
        const request = arrives(ASK);
        request.child("step").fail();
        pipeline.end.finish();
        respond(request, 500);
      },
    ],
    [
      "an ask names its caller",
      "test -> shop (): requests 1, server 1, arrived 1",
      ({ arrives }) => respond(arrives(ASK), 200),
    ],
    [
      "a failing answer",
      "test -> shop (): requests 1, failures 1, server 1, arrived 1",
      ({ arrives }) => respond(arrives(ASK), 503),
    ],
    [
      "gRPC: any status but OK has failed",
      "test -> shop (): requests 1, failures 1, server 1, arrived 1",
      ({ arrives }) => respond(arrives(ASK), statusOfRpc(5)),
    ],
    [
      "an answer of 200 that the program calls failed",
      "test -> shop (): requests 1, failures 1, server 1, arrived 1",
      ({ arrives, pipeline }) => {
        const request = arrives(ASK);
        pipeline.program.fail(request.id, new Error("no"), undefined);
        respond(request, 200);
      },
    ],
    [
      "a caller that left before the answer",
      "test -> shop (): requests 1, failures 1, server 1, arrived 1",
      ({ arrives }) => {
        const request = arrives(ASK);
        request.exchange.closesAs("caller-left");
        respond(request, 200);
      },
    ],
    [
      "nobody asks: a user",
      "user -> shop (virtual_node): requests 1, server 1, foreign 1",
      ({ arrives }) => respond(arrives(), 200),
    ],
    [
      "a trace context without an ask that counts: nobody knows whose",
      "user -> shop (virtual_node): requests 1, server 1, foreign 1",
      ({ request }) => request(new FakeExchange(), remoteContext()).span.end(),
    ],
    [
      "a person asks, who has no name",
      "user -> shop (virtual_node): requests 1, server 1, foreign 1",
      ({ arrives }) => respond(arrives({ json: true }), 200),
    ],
    [
      "Prometheus reads the counts: no traffic",
      "",
      ({ arrives }) => {
        for (const name of ["url.path", "http.target"]) {
          const request = arrives();
          request.span.setAttributes({ [name]: "/metrics" });
          respond(request, 200);
        }
      },
    ],
    [
      "a service of ours asks for the path of the counts: it says who it is",
      "test -> shop (): requests 1, server 1, arrived 1",
      ({ arrives }) => {
        const request = arrives(ASK);
        request.span.setAttributes({ "url.path": "/metrics" });
        respond(request, 200);
      },
    ],
    [
      "two instrumentations see one request",
      "test -> shop (): requests 1, server 1, arrived 1",
      ({ arrives, child }) => {
        const request = arrives(ASK);
        child(request.context, "handle", SpanKind.SERVER).span.end();
        respond(request, 200);
      },
    ],
    [
      "a job of the service itself is no request",
      "",
      ({ child }) => child(ROOT_CONTEXT, "nightly").span.end(),
    ],
    [
      "a message from a queue",
      "kafka/orders -> shop (messaging_system): requests 1, server 1, foreign 1",
      ({ child }) => {
        const { span } = child(remoteContext(), "process", SpanKind.CONSUMER);
        span.setAttributes({ ...KAFKA, "messaging.operation.type": "process" }).end();
      },
    ],
    [
      "a message that nobody says anything of",
      "queue -> shop (messaging_system): requests 1, failures 1, server 1, foreign 1",
      ({ child }) => child(ROOT_CONTEXT, "process", SpanKind.CONSUMER).fail(),
    ],
    [
      "a message that asks names who sent it",
      "test -> shop (messaging_system): requests 1, server 1, arrived 1",
      ({ arrives }) => {
        const request = arrives(ASK);
        request.span.setAttribute("messaging.operation.name", "process").end();
      },
    ],
    [
      "a message that asks has two spans, and is one",
      "test -> shop (messaging_system): requests 1, server 1, arrived 1",
      ({ child, pipeline, tracer }) => {
        const { span } = child(remoteContext(), "process", SpanKind.CONSUMER);
        span.setAttributes({ ...KAFKA, "messaging.operation": "process" });
        const exchange = new FakeExchange(ASK);
        const handling = tracer.startSpan(
          "handle",
          {
            kind: SpanKind.SERVER,
            attributes: { "messaging.operation.name": "process" },
            links: [{ context: span.spanContext() }],
          },
          remoteContext().setValue(EXCHANGE_KEY, exchange),
        );
        span.end();
        pipeline.answerAtHead(exchange, 0);
        handling.end();
      },
    ],
    [
      "a reply that comes is no request",
      "",
      ({ child }) => {
        const { span } = child(remoteContext(), "process", SpanKind.CONSUMER);
        span
          .setAttributes({ "messaging.system": "nats", "messaging.destination.name": "_INBOX.x1.y2" })
          .end();
      },
    ],
    [
      "fetching a batch from a queue is no request",
      "",
      ({ child }) => {
        const { span } = child(ROOT_CONTEXT, "receive", SpanKind.CONSUMER);
        span.setAttributes({ ...KAFKA, "messaging.operation": "receive" }).end();
      },
    ],
  ];
  test.each(cases)("%s", (_, edge, act) => {
    const bench = flowBench();
    act(bench);
    expect(bench.counted()).toEqual(edge === "" ? [] : [edge]);
    expect(bench.health.all()).not.toHaveProperty("internal_errors");
  });
});

function respond(request: Request, status: number): void {
  request.head(status);
  request.span.end();
}

describe("the side of the client", () => {
  const OWN = "shop -> payment ()";
  type Case = readonly [
    what: string,
    edges: readonly string[],
    act: (bench: FlowBench, request: Request) => void,
  ];
  const cases: readonly Case[] = [
    [
      "the callee answered, and counts it",
      [`${OWN}: client 1`],
      (bench, request) => call(bench, request, HTTP, answered(bench)),
    ],
    [
      "the callee answered that it failed, and counts it",
      [`${OWN}: client 1`],
      (bench, request) => call(bench, request, HTTP, answered(bench, 503, { ...OK, code: "unavailable" })),
    ],
    [
      "gRPC: the callee answered",
      [`${OWN}: client 1`],
      (bench, request) =>
        call(bench, request, { ...HTTP, "rpc.system": "grpc" }, answered(bench, statusOfRpc(0))),
    ],
    [
      "the callee was asked, and has never answered: it takes no part",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, server 1, client 1, missing 1"],
      (bench, request) => call(bench, request, HTTP, answered(bench, 200, "nothing")),
    ],
    [
      "the callee was asked and failed without an answer",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, failures 1, server 1, client 1, missing 1"],
      (bench, request) => call(bench, request, HTTP, answered(bench, 502, "nothing")),
    ],
    [
      "nobody was asked: a third party",
      ["shop -> api.example.com (virtual_node): requests 1, server 1, client 1, foreign 1"],
      (bench, request) =>
        call(bench, request, {
          "server.address": "api.example.com",
          "server.port": 443,
          "http.response.status_code": 200,
        }),
    ],
    [
      "gRPC: nobody was asked",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, server 1, client 1, foreign 1"],
      (bench, request) => call(bench, request, HTTP, answered(bench, 200, "unasked")),
    ],
    [
      "a callee that has answered before answers without ours: the ask was lost on the way",
      [`${OWN}: client 2, missing 1`],
      (bench, request) => {
        call(bench, request, HTTP, answered(bench));
        call(bench, request, HTTP, answered(bench, 200, "nothing"));
      },
    ],
    [
      "a callee that has answered before was not asked, as during our shutdown",
      [`${OWN}: client 2`],
      (bench, request) => {
        call(bench, request, HTTP, answered(bench));
        call(bench, request, { ...HTTP, "http.response.status_code": 200 });
      },
    ],
    [
      "a callee that has answered before gives no response: whether it has counted the request is not known",
      [`${OWN}: client 1`, "shop -> payment (virtual_node): requests 1, failures 1, server 1, client 1"],
      (bench, request) => {
        call(bench, request, HTTP, answered(bench));
        call(bench, request, HTTP, (id) => bench.calls.broke(id, new Error("timed out")));
      },
    ],
    [
      "nobody is there",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, failures 1, server 1, client 1"],
      (bench, request) => call(bench, request, HTTP, (id) => bench.calls.broke(id, new Error("refused"))),
    ],
    [
      "a call that broke, of which the program says that it is OK, as after another try",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, server 1, client 1"],
      (bench, request) => {
        const { span, id } = bench.child(request.context, "call", SpanKind.CLIENT);
        bench.calls.broke(id, new Error("reset"));
        span.setAttributes(HTTP).setStatus({ code: 1 }).end();
      },
    ],
    [
      "a call that the program gave up counts as one without a response",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, failures 1, server 1, client 1"],
      (bench, request) =>
        call(bench, request, HTTP, (id) => bench.calls.broke(id, new Error("left"), { limitMs: 0 })),
    ],
    [
      "the program has no use for the body of a good response",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, server 1, client 1, foreign 1"],
      (bench, request) =>
        call(bench, request, HTTP, (id) => {
          bench.calls.responded(id, 200, "unasked", undefined);
          bench.calls.broke(id, new DOMException("not needed", "AbortError"), { limitMs: 0 });
        }),
    ],
    [
      "the body of a good response takes too long",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, failures 1, server 1, client 1, foreign 1"],
      (bench, request) =>
        call(bench, request, HTTP, (id) => {
          bench.calls.responded(id, 200, "unasked", undefined);
          bench.calls.broke(id, new DOMException("too slow", "TimeoutError"), { limitMs: 0 });
        }),
    ],
    [
      "each attempt is a request",
      [
        "shop -> pay.internal:8080 (virtual_node): requests 1, failures 1, server 1, client 1",
        `${OWN}: client 1`,
      ],
      (bench, request) => {
        call(bench, request, HTTP, (id) => bench.calls.broke(id, new Error("refused")));
        call(bench, request, HTTP, answered(bench));
      },
    ],
    [
      "an attempt within the same span counts as the last one",
      [`${OWN}: client 1`],
      (bench, request) =>
        call(bench, request, HTTP, (id) => {
          bench.calls.failed(id, { code: "unavailable", type: "ECONNREFUSED", message: "" });
          bench.calls.repeated(id);
          answered(bench)(id);
        }),
    ],
    [
      "a library's span around the call is no further call",
      [`${OWN}: client 1`],
      (bench, request) => {
        const outer = bench.child(request.context, "client.get", SpanKind.CLIENT);
        outer.span.setAttributes(HTTP);
        call(bench, outer, HTTP, answered(bench));
        outer.span.end();
      },
    ],
    [
      "a call whose name was looked up first is the call itself",
      [`${OWN}: client 1`],
      (bench, request) => {
        const outer = bench.child(request.context, "GET", SpanKind.CLIENT);
        outer.span.setAttributes(HTTP);
        call(bench, outer, HTTP, undefined, SpanKind.CLIENT, "dns.lookup");
        answered(bench)(outer.id);
        outer.span.end();
      },
    ],
    [
      "a call instrumented twice is one",
      [`${OWN}: client 1`],
      (bench, request) => {
        vi.spyOn(process, "emitWarning").mockReturnValue();
        const twin = bench.child(request.context, "GET", SpanKind.CLIENT);
        twin.span.setAttributes(HTTP);
        call(bench, request, HTTP, (id) => {
          bench.calls.recordedTwice(twin.id, id);
          answered(bench)(id);
        });
        twin.span.end();
      },
    ],
    ["a span of a client that names nobody is no edge", [], (bench, request) => call(bench, request, {})],
    [
      "a database",
      ["shop -> postgresql/orders (database): requests 1, server 1, client 1, foreign 1"],
      (bench, request) => call(bench, request, POSTGRES),
    ],
    [
      "a database of which only the host is known",
      ["shop -> redis/cache:6379 (database): requests 1, server 1, client 1, foreign 1"],
      (bench, request) =>
        call(bench, request, {
          "db.system": "redis",
          "db.namespace": "0",
          "net.peer.name": "cache",
          "net.peer.port": 6379,
        }),
    ],
    [
      "waiting for a connection is no request",
      [],
      (bench, request) => call(bench, request, POSTGRES, undefined, SpanKind.CLIENT, "pg-pool.connect"),
    ],
    [
      "a database that is called over HTTP",
      ["shop -> dynamodb/orders (database): requests 1, server 1, client 1, foreign 1"],
      (bench, request) => {
        const outer = bench.child(request.context, "DynamoDB.GetItem", SpanKind.CLIENT);
        outer.span.setAttributes({ "db.system": "dynamodb", "db.name": "orders" });
        call(bench, outer, { "server.address": "dynamodb.local", "http.response.status_code": 200 });
        outer.span.end();
      },
    ],
    [
      "a message that is sent",
      ["shop -> kafka/orders (messaging_system): requests 1, server 1, client 1, foreign 1"],
      (bench, request) => call(bench, request, KAFKA, undefined, SpanKind.PRODUCER),
    ],
    [
      "a reply is no request",
      [],
      (bench, request) =>
        call(
          bench,
          request,
          { "messaging.system": "rabbitmq", "messaging.rabbitmq.routing_key": "amq.gen-JzTY20BRgKO" },
          undefined,
          SpanKind.PRODUCER,
        ),
    ],
    [
      "request and reply through a queue: who replies counts it",
      ["shop -> payment (messaging_system): client 1"],
      (bench, request) => {
        const outer = bench.child(request.context, "request prices", SpanKind.CLIENT);
        outer.span.setAttributes({ "messaging.operation.name": "request" });
        call(bench, outer, KAFKA, undefined, SpanKind.PRODUCER);
        answered(bench, 0)(outer.id);
        outer.span.end();
      },
    ],
    [
      "request without a reply: the queue",
      ["shop -> queue (messaging_system): requests 1, failures 1, server 1, client 1, foreign 1"],
      (bench, request) =>
        call(bench, request, { "messaging.operation.name": "request" }, (id) =>
          bench.calls.broke(id, new Error("timed out")),
        ),
    ],
    [
      "setting a message aside is no request",
      [],
      (bench, request) => call(bench, request, { ...KAFKA, "messaging.operation.type": "settle" }),
    ],
    [
      "a call of the handler of a batch",
      ["shop -> pay.internal:8080 (virtual_node): requests 1, server 1, client 1, missing 1"],
      (bench, request) => {
        const batch = bench.child(request.context, "orders receive", SpanKind.CONSUMER);
        batch.span.setAttributes({ ...KAFKA, "messaging.operation.type": "receive" });
        call(bench, batch, HTTP, answered(bench, 200, "nothing"));
        batch.span.end();
      },
    ],
    [
      "deleting a message by the API of a queue is no request, nor is the call over HTTP beneath it",
      [],
      (bench, request) => {
        const outer = bench.child(request.context, "SQS.DeleteMessage", SpanKind.CLIENT);
        outer.span.setAttributes({ ...SQS, "rpc.method": "DeleteMessage" });
        call(bench, outer, HTTP, answered(bench, 200, "nothing"));
        outer.span.end();
      },
    ],
    [
      "the call over HTTP that fetches messages is no request",
      [],
      (bench, request) => {
        const outer = bench.child(request.context, "receipts receive", SpanKind.CONSUMER);
        outer.span.setAttributes({
          ...SQS,
          "messaging.operation.type": "receive",
          "rpc.method": "ReceiveMessage",
        });
        call(bench, outer, HTTP, answered(bench, 200, "nothing"));
        outer.span.end();
      },
    ],
    [
      "a peer that has a name",
      ["shop -> mainframe (virtual_node): requests 1, server 1, client 1, foreign 1"],
      (bench, request) =>
        call(bench, request, { ...HTTP, "peer.service": "mainframe", "http.response.status_code": 200 }),
    ],
  ];
  test.each(cases)("%s", (_, edges, act) => {
    const bench = flowBench();
    const request = bench.arrives(ASK);
    act(bench, request);
    expect(bench.counted()).toEqual(edges);
    expect(bench.health.all()).not.toHaveProperty("internal_errors");
  });
});

describe("nothing gets lost", () => {
  test("a request that had to make room is counted when its span ends", () => {
    const bench = flowBench({ maxFragments: 1 });
    const first = bench.arrives(ASK);
    respond(bench.arrives({ ...ASK, from: "other" }), 200);
    first.head(500);
    first.span.end();
    expect(bench.counted().toSorted()).toEqual([
      "other -> shop (): requests 1, server 1, arrived 1",
      "test -> shop (): requests 1, failures 1, server 1, arrived 1",
    ]);
  });

  test("a request whose response is still open when it has to make room is counted then, and once", () => {
    const bench = flowBench({ maxFragments: 1 });
    const exchange = Object.assign(new FakeExchange(ASK), { outlivesSpan: true });
    exchange.closesAs("open");
    bench.request(exchange, remoteContext()).span.end();
    expect(bench.counted()).toEqual([]);
    bench.arrives();
    exchange.closesAs("finished");
    bench.pipeline.responseOver(exchange, false);
    expect(bench.counted()).toEqual(["test -> shop (): requests 1, server 1, arrived 1"]);
  });

  test("a request that took too long is counted when its span ends, and once", () => {
    const bench = flowBench();
    const request = bench.arrives(ASK);
    request.head(500);
    bench.clock.advance(600_000);
    expect(bench.pipeline.size).toBe(0);
    expect(bench.counted()).toEqual([]);
    request.span.end();
    expect(bench.counted()).toEqual(["test -> shop (): requests 1, failures 1, server 1, arrived 1"]);
  });

  test("calls for which their request has no room are counted as others are", () => {
    const bench = flowBench({ maxSpansPerFragment: 2 });
    const request = bench.arrives(ASK);
    bench.child(request.context, "step");
    for (let i = 0; i < 100; i++) call(bench, request, HTTP, answered(bench));
    for (let i = 0; i < 100; i++) call(bench, request, POSTGRES);
    expect(bench.counted()).toEqual([
      "shop -> payment (): client 100",
      "shop -> postgresql/orders (database): requests 100, server 100, client 100, foreign 100",
    ]);
  });

  test("a call that outlives its request is counted", () => {
    const bench = flowBench();
    const request = bench.arrives(ASK);
    const { span, id } = bench.child(request.context, "late", SpanKind.CLIENT);
    span.setAttributes(HTTP);
    respond(request, 200);
    answered(bench)(id);
    span.end();
    expect(bench.counted()).toContain("shop -> payment (): client 1");
  });

  test("without a reader nothing is counted at all", () => {
    const flow = new FlowCounts();
    const bench = pipelineBench({}, { flow, service: "shop" });
    const request = bench.arrives(ASK);
    call(bench, request, HTTP, answered(bench));
    respond(request, 200);
    expect([...flow.edges()]).toEqual([]);
  });
});
