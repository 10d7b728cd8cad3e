// `render --compare`: a failing tree beside what the same operations did in another trace.
import { describe, expect, it } from "vitest";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";
import { FAILING, GOOD, type JaegerAnswer, json, recorded, startJaegerServer } from "./jaeger-server.ts";

/** A span by its service, its parent and its times; `GET /` of a server unless told otherwise. */
function span(
  spanId: string,
  parentId: string | undefined,
  service: string,
  [start, end]: readonly [number, number],
  more: Partial<SpanFacts> = {},
): SpanFacts {
  return {
    spanId,
    ...(parentId === undefined ? undefined : { parentId }),
    service,
    kind: "server",
    name: "GET /",
    status: "unset",
    attributes: {},
    events: [],
    start,
    end,
    ...more,
  };
}

/** A call of another service, or of a database. */
function call(
  spanId: string,
  parentId: string,
  service: string,
  to: string,
  times: readonly [number, number],
  more: Partial<SpanFacts> = {},
): SpanFacts {
  return span(spanId, parentId, service, times, {
    kind: "client",
    name: "GET",
    attributes: { "server.address": to },
    ...more,
  });
}

const FAILED: Partial<SpanFacts> = { status: "error" };

/** Pay asks the bank, then risk; the bank refuses, so that risk is never asked. */
const DENIED: readonly SpanFacts[] = [
  span("a", undefined, "pay", [0, 20], { ...FAILED, attributes: { "http.response.status_code": 500 } }),
  call("b", "a", "pay", "bank", [2, 12], {
    ...FAILED,
    attributes: { "server.address": "bank", "http.response.status_code": 403 },
  }),
  span("c", "b", "bank", [4, 9], { ...FAILED, attributes: { "http.response.status_code": 403 } }),
];
const GRANTED: readonly SpanFacts[] = [
  span("e", undefined, "pay", [100, 160]),
  call("f", "e", "pay", "bank", [102, 110]),
  span("g", "f", "bank", [104, 109]),
  call("h", "e", "pay", "risk", [112, 150]),
  span("i", "h", "risk", [114, 149]),
  call("j", "i", "risk", "postgresql", [120, 140], {
    name: "SELECT",
    attributes: { "db.system.name": "postgresql" },
  }),
];

/** What `--compare` prints of two traces, without what does not depend on the other one. */
async function compared(...args: Parameters<typeof printed>): Promise<string[]> {
  return (await printed(...args)).filter((line) => !line.startsWith(FIRST)).slice(4, -2);
}

/** The first place at which they differ, as it is printed. */
async function difference(...args: Parameters<typeof printed>): Promise<string | undefined> {
  return (await printed(...args)).find((line) => line.startsWith(FIRST))?.slice(FIRST.length);
}

const FIRST = "first difference: ";

async function printed(
  failing: readonly SpanFacts[],
  other: readonly SpanFacts[],
  ...more: string[]
): Promise<string[]> {
  const { url } = await startJaegerServer(({ pathname }) =>
    json({ result: pathname.endsWith(FAILING) ? otlpRequest(failing, FAILING) : otlpRequest(other, GOOD) }),
  );
  const { out, err, code } = await runCli([
    "render",
    "--jaeger",
    url,
    "--trace",
    FAILING,
    "--compare",
    GOOD,
    ...more,
  ]);
  expect([code, err]).toEqual([0, ""]);
  return out.split("\n");
}

describe("beside a failing tree stands", () => {
  it("what each operation did in the other trace, and what was done there alone", async () => {
    expect(await compared(DENIED, GRANTED)).toEqual([
      "pay GET / internal 20 ms [drift permission-denied -> internal] │ ok 60 ms",
      "├─ bank GET / permission-denied 5 ms  ◀ root cause             │ ok 5 ms",
      "└─ risk GET / not there                                        │ ok 35 ms",
      "   └─ risk SELECT -> postgresql not there                      │ ok 20 ms",
    ]);
  });

  it("that an operation was not there", async () => {
    const [root, ...rest] = GRANTED;
    const withoutBank = [root as SpanFacts, ...rest.filter(({ spanId }) => spanId !== "g" && spanId !== "f")];
    expect((await compared(DENIED, withoutBank))[1]).toBe(
      "├─ bank GET / permission-denied 5 ms  ◀ root cause             │ not there",
    );
    const other = [span("e", undefined, "elsewhere", [100, 160])];
    expect((await compared(DENIED, other)).map((line) => line.split(" │ ")[1])).toEqual([
      "not there",
      "not there",
    ]);
  });

  it("every code where it was tried several times", async () => {
    const retried = [
      ...GRANTED.slice(0, 1),
      call("x", "e", "pay", "bank", [100, 101], FAILED),
      span("y", "x", "bank", [100, 101], { ...FAILED, attributes: { "http.response.status_code": 503 } }),
      call("v", "e", "pay", "bank", [101, 102], FAILED),
      span("w", "v", "bank", [101, 102], { ...FAILED, attributes: { "http.response.status_code": 503 } }),
      ...GRANTED.slice(1, 3),
    ];
    expect((await compared(DENIED, retried))[1]).toMatch(/ │ unavailable ×2, ok 5 ms$/);
  });

  it("no operation that may have been called here too: a service that has not failed exports nothing", async () => {
    const asked = [...DENIED, call("d", "a", "pay", "risk", [2, 12])];
    expect((await compared(asked, GRANTED)).map((line) => line.trimStart().slice(0, 7))).toEqual([
      "pay GET",
      "└─ bank",
    ]);
  });

  it("the call itself where nobody answered it", async () => {
    const refused = [
      span("a", undefined, "pay", [0, 20], { ...FAILED, attributes: { "http.response.status_code": 503 } }),
      call("b", "a", "pay", "bank", [2, 12], {
        ...FAILED,
        attributes: { "server.address": "bank", "error.type": "ECONNREFUSED" },
      }),
    ];
    expect(await compared(refused, GRANTED.slice(0, 3))).toEqual([
      "pay GET / unavailable 20 ms                                      │ ok 60 ms",
      "└─ pay GET -> bank unavailable 10 ms [no response]  ◀ root cause │ ok 8 ms",
      "   │  ECONNREFUSED",
      "   └─ bank GET / not there                                       │ ok 5 ms",
    ]);
  });

  it("in a narrow terminal the other trace still, and the tree in lines that are wrapped", async () => {
    const lines = await compared(DENIED, GRANTED, "--width", "50");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(50);
    expect(lines.filter((line) => line.includes(" │ ok "))).toHaveLength(4);
  });
});

/** Calls of one service, one after the other, each with its callee; a status stands with those that failed. */
function device(...calls: readonly (readonly [name: string, status?: number])[]): readonly SpanFacts[] {
  const outcome = (status: number | undefined, more = {}): Partial<SpanFacts> =>
    status === undefined
      ? { attributes: more }
      : { ...FAILED, attributes: { ...more, "http.response.status_code": status } };
  const isFailed = calls.some(([, status]) => status !== undefined);
  return [
    span("1", undefined, "app", [0, 1_000], outcome(isFailed ? 500 : undefined)),
    ...calls.flatMap(([name, status], i) => {
      const [start, end] = [10 * i + 1, 10 * i + 9];
      return [
        call(`a${i}`, "1", "app", "hub", [start, end], outcome(status, { "server.address": "hub" })),
        span(`b${i}`, `a${i}`, "hub", [start + 1, end - 1], { ...outcome(status), name }),
      ];
    }),
  ];
}

describe("the first place at which two traces differ is", () => {
  const GOOD_ONE = device(["GET /login"], ["POST /register"], ["GET /state"], ["GET /history"]);

  it("a call that is missing, before what failed for want of it", async () => {
    expect(await difference(device(["GET /login"], ["GET /state", 412]), GOOD_ONE)).toBe(
      "app does not call hub POST /register; in the other trace it does",
    );
  });

  it("a call that is new", async () => {
    const failing = device(["GET /login"], ["POST /register"], ["POST /reset", 409]);
    expect(await difference(failing, GOOD_ONE)).toBe(
      "app calls hub POST /reset; in the other trace it does not",
    );
  });

  it("another code, before the calls that were not made because of it", async () => {
    const failing = device(["GET /login"], ["POST /register", 503]);
    expect(await difference(failing, GOOD_ONE)).toBe(
      "hub POST /register returned unavailable; in the other trace ok",
    );
    expect(await difference(DENIED, GRANTED)).toBe(
      "bank GET / returned permission-denied; in the other trace ok",
    );
  });

  it("what the first operation itself returned, if it called the same", async () => {
    const [root, ...rest] = GOOD_ONE;
    expect(await difference([{ ...(root as SpanFacts), ...FAILED }, ...rest], GOOD_ONE)).toBe(
      "app GET / returned failed; in the other trace ok",
    );
  });

  it("no call whose callee exported nothing in the other trace: that it was made is known, and nothing else", async () => {
    const failing = device(["GET /login"], ["POST /register", 503]);
    const quiet = device(["GET /login"], ["POST /register"]).filter(({ spanId }) => !spanId.startsWith("b"));
    expect(await difference(failing, quiet)).toBe("app GET / returned internal; in the other trace ok");
    expect((await compared(failing, quiet))[1]).toMatch(/^└─ hub POST \/register .* │ $/);
  });

  it("nowhere, if both failed alike, or if the other one has nothing of it", async () => {
    const failing = device(["GET /state", 412]);
    expect(await difference(failing, failing)).toBeUndefined();
    expect(await difference(failing, [span("e", undefined, "elsewhere", [100, 160])])).toBeUndefined();
  });
});

describe("the other trace", () => {
  const compare = (url: string, ...more: string[]) =>
    runCli(["render", "--jaeger", url, "--trace", FAILING, "--compare", ...more]);

  it("is the newest in which the first operation of the tree did not fail", async () => {
    const server = await startJaegerServer();
    const { out, err, code } = await compare(server.url);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(
      `\nbeside  trace ${GOOD} of 2026-11-20T15:07:43.758Z: the newest that did not fail\n`,
    );
    // What service-a did has nobody exported where it did well.
    expect(out).not.toContain("service-a");
    expect(out).toMatch(/^root GET not-found .* │ ok \d+ ms$/m);
    expect(out).toMatch(/^ {3}└─ service-e GET permission-denied .* │ ok \d+ ms$/m);
    const search = server.requests.at(-1)?.url.searchParams;
    expect(search?.get("query.service_name")).toBe("root");
    expect(search?.get("query.operation_name")).toBe("GET");
  });

  it("is looked for further back where all of the newest failed", async () => {
    const now = Date.now();
    const msOf = (i: number): number => now - 1_800_000_000_000 - 1000 * (i + 1);
    const failing = (i: number): JaegerAnswer["body"] =>
      JSON.stringify(
        otlpRequest([span("a", undefined, "pay", [msOf(i), msOf(i) + 20], FAILED)], `${i}`.padStart(32, "f")),
      );
    const page = (from: number): JaegerAnswer => ({
      status: 200,
      contentType: "text/plain",
      body: Array.from({ length: 100 }, (_, i) => failing(from + i)).join("\n"),
    });
    const pages = [page(0), page(100), json({ result: otlpRequest(GRANTED, GOOD) })];
    let searches = 0;
    const server = await startJaegerServer(({ pathname }) =>
      pathname.endsWith(FAILING) ? json({ result: otlpRequest(DENIED, FAILING) }) : pages[searches++],
    );
    expect((await compare(server.url)).out).toContain(`\nbeside  trace ${GOOD} `);
    const ends = server.requests.slice(1).map(({ url }) => url.searchParams.get("query.start_time_max"));
    expect(ends.slice(1)).toEqual([99, 199].map((i) => new Date(now - 1000 * (i + 1) - 1).toISOString()));
  });

  it("is an example that a service took, if more failed than are looked through", async () => {
    const failing = JSON.stringify(otlpRequest(DENIED, "f".repeat(32)));
    const body = Array.from({ length: 100 }, (_, i) =>
      failing.replaceAll("f".repeat(32), `${i}`.padStart(32, "f")),
    );
    const page: JaegerAnswer = { status: 200, contentType: "text/plain", body: body.join("\n") };
    const server = await startJaegerServer(({ pathname }) => {
      if (pathname.endsWith(FAILING)) return json({ result: otlpRequest(DENIED, FAILING) });
      return pathname === "/api/traces" ? json({ result: otlpRequest(GRANTED, GOOD) }) : page;
    });
    expect((await compare(server.url)).out).toContain(`\nbeside  trace ${GOOD} `);
    const search = Object.fromEntries(server.requests.at(-1)?.url.searchParams ?? []);
    expect(search).toMatchObject({
      service: "pay",
      operation: "GET /",
      tags: '{"error_tree.good_trace":"true"}',
      raw: "true",
    });
    expect(Number(search.end) - Number(search.start)).toBe(48 * 3_600_000_000);
  });

  it("is none where all failed: the tree stands alone, and a line says so", async () => {
    const { url } = await startJaegerServer(({ pathname }) =>
      recorded(pathname.endsWith(FAILING) ? "trace-failing" : "operation-unknown"),
    );
    const { out, err, code } = await compare(url, "--exit-code");
    expect(code).toBe(1);
    expect(err).toBe(
      `Jaeger at ${url} has no good trace of root GET: there are some if the head sampler takes some, or with goodTraceIntervalMs`,
    );
    expect(out).toBe((await runCli(["render"], recorded("trace-failing").body)).out);
  });

  it("is one that fails as well where a person wants that", async () => {
    const { url } = await startJaegerServer();
    const { out } = await compare(url, FAILING);
    expect(out).toMatch(/^beside {2}trace [0-9a-f]{32} of \S+: as asked for$/m);
    expect(out).toMatch(/ │ not-found \d+ ms$/m);
  });
});

describe("the other trace is read in time", () => {
  const beside = (others: readonly SpanFacts[], tree: readonly SpanFacts[]): Promise<string> =>
    startJaegerServer(({ pathname }) =>
      json({ result: pathname.endsWith(FAILING) ? otlpRequest(tree, FAILING) : otlpRequest(others, GOOD) }),
    ).then(
      async ({ url }) =>
        (await runCli(["render", "--jaeger", url, "--trace", FAILING, "--compare", GOOD])).out,
    );
  const inner = (spanId: string, parentId: string, more: Partial<SpanFacts> = {}): SpanFacts =>
    span(spanId, parentId, "shop", [1, 2], { kind: "internal", name: "walk", ...more });
  const chain = (length: number, more: Partial<SpanFacts> = {}): SpanFacts[] => [
    span("r", undefined, "shop", [0, 9], more),
    ...Array.from({ length }, (_, i) => inner(`w${i}`, i === 0 ? "r" : `w${i - 1}`, more)),
  ];

  it("where an operation calls itself, sixty deep: each span is found once", async () => {
    const failing = chain(10, { ...FAILED, statusMessage: "no" }).map((one, i) => ({
      ...one,
      statusMessage: `${i}`,
    }));
    expect(await beside(chain(60), failing)).not.toMatch(/×[7-9]\d|×\d{3}/);
  });

  it("where 150,000 spans stand beneath one", async () => {
    const wide = Array.from({ length: 150_000 }, (_, i) => inner(`w${i}`, "r", { name: "step" }));
    const out = await beside(
      [span("r", undefined, "shop", [0, 9]), ...wide],
      [span("r", undefined, "shop", [0, 9], FAILED)],
    );
    expect(out).toContain(`beside  trace ${GOOD}`);
  });
});
