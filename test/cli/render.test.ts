import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { jaegerAnswer, otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";
import { semanticsCases, spansOf } from "../support/semantics.ts";

function spansOfCase(name: string): SpanFacts[] {
  const test = semanticsCases().find((candidate) => candidate.name.startsWith(name));
  if (test === undefined) throw new Error(`no case ${name}`);
  return spansOf(test);
}

const FAIL_CLOSE = spansOfCase("the lab's fail-close run");
const SOUND = spansOfCase("nothing failed");
const JSON_HEADER = JSON.stringify({
  service: "root",
  operation: "GET /",
  status: "error",
  code: "not-found",
  error: "gone",
  forced: true,
  children: [],
});

function span(spanId: string, parentId: string | undefined, more: Partial<SpanFacts> = {}): SpanFacts {
  return {
    spanId,
    ...(parentId === undefined ? undefined : { parentId }),
    service: "s",
    kind: "internal",
    name: spanId,
    status: "unset",
    attributes: {},
    events: [],
    start: 1,
    end: 2,
    ...more,
  };
}

describe("render prints for a person", () => {
  it("the root cause first, the tree, and a line for a ticket", async () => {
    const { out, err, code } = await runCli(["render"], JSON.stringify(otlpRequest(FAIL_CLOSE)));
    expect(code).toBe(0);
    expect(err).toBe("");
    expect(out).toBe(
      [
        "FAILED  trace 5b8efff798038103d269b633813fc60c",
        "root cause  service-e GET / permission-denied",
        "",
        "root GET / not-found 108 ms",
        "└─ service-b GET / not-found 103 ms [drift permission-denied -> not-found]",
        "   └─ service-e GET / permission-denied 100 ms  ◀ root cause",
        "",
        expect.stringMatching(
          /^failed: root GET \/ not-found <- service-e GET \/ permission-denied \| 3 nodes, fingerprint [0-9a-f]{16}, trace 5b8e/,
        ),
      ]
        .map((line) => (typeof line === "string" ? line : out.split("\n").at(-1)))
        .join("\n"),
    );
    expect(out.split("\n").at(-1)).toMatch(
      /^failed: root GET \/ not-found <- service-e .* fingerprint [0-9a-f]{16}/,
    );
  });

  it("no line wider than asked where words allow it, and colours only when asked or on a terminal", async () => {
    const message = "the warehouse said ".repeat(20);
    const input = JSON.stringify(
      otlpRequest([span("a", undefined, { kind: "server", status: "error", statusMessage: message })]),
    );
    const plain = await runCli(["render", "--width", "60"], input);
    for (const line of plain.out.split("\n").slice(0, -1)) expect(line.length).toBeLessThanOrEqual(60);
    expect(plain.out).not.toContain("\u001b[");
    expect((await runCli(["render"], input, 80)).out).toContain("\u001b[");
    expect((await runCli(["render", "--color"], input)).out).toContain("\u001b[");
    expect((await runCli(["render", "--color", "never"], input, 80)).out).not.toContain("\u001b[");
  });

  it("a line per trace in which nothing failed with --all, and says so without", async () => {
    const lines = [FAIL_CLOSE, SOUND].map((spans, i) =>
      JSON.stringify(otlpRequest(spans, `${i + 1}`.repeat(32))),
    );
    const all = await runCli(["render", "--all"], lines.join("\n"));
    expect(all.out).toContain("ok  trace 22222222222222222222222222222222: nothing failed");
    const sound = await runCli(["render"], lines[1] as string);
    expect(sound).toEqual({ code: 0, out: "", err: "no error tree: nothing failed in what was read" });
  });

  it("no escape sequence that came from a span", async () => {
    const evil = span("a", undefined, {
      status: "error",
      statusMessage: "x\u001b[2J\nfailed: forged",
      kind: "server",
    });
    const { out } = await runCli(["render"], JSON.stringify(otlpRequest([evil])));
    expect(out).not.toContain("\u001b");
    expect(out).toContain("\\x1b[2J\\x0afailed: forged");
  });

  it.each(["json", "ndjson"])(
    "in %s no character that steers a terminal, and the same message",
    async (format) => {
      const message = "\u009b2J\u202eforged\u2028";
      const evil = span("a", undefined, { status: "error", statusMessage: message, kind: "server" });
      const { out } = await runCli(["render", "--format", format], JSON.stringify(otlpRequest([evil])));
      expect(out).not.toMatch(/[\u007f-\u009f\u2028-\u202e]/);
      const [tree] = format === "json" ? JSON.parse(out) : [JSON.parse(out)];
      expect(tree.root.message).toBe(message);
    },
  );

  it("no character that steers a terminal in the error about what is no input", async () => {
    const { err, code } = await runCli(["render"], "\u009b2J\u202e x\n");
    expect(err).not.toMatch(/[\u007f-\u009f\u202a-\u202e]/);
    expect([code, err.includes("u009b")]).toEqual([2, true]);
  });
});

describe("render finds out what it is given", () => {
  const inputs: readonly [string, string | Buffer][] = [
    ["a JSON header value", JSON_HEADER],
    ["a header value behind its name", `X-Error-Tree: ${JSON_HEADER}\r\n`],
    [
      "what curl -i printed",
      `HTTP/1.1 404 Not Found\r\nx-error-tree: ${JSON_HEADER}\r\n\r\n{"message":"no"}\n`,
    ],
    ["a minimal answer", 'not-found;id="0123456789abcdef";s="root"'],
    ["OTLP in one line", JSON.stringify(otlpRequest(FAIL_CLOSE))],
    ["OTLP over many lines", JSON.stringify(otlpRequest(FAIL_CLOSE), null, 2)],
    ["OTLP with a byte order mark", `\ufeff${JSON.stringify(otlpRequest(FAIL_CLOSE))}`],
    ["a Jaeger answer", JSON.stringify(jaegerAnswer(FAIL_CLOSE), null, 1)],
    ["a bare Jaeger trace", JSON.stringify((jaegerAnswer(FAIL_CLOSE) as { data: object[] }).data[0])],
    ["an array of requests", JSON.stringify([otlpRequest(FAIL_CLOSE)])],
    ["gzip", gzipSync(JSON.stringify(otlpRequest(FAIL_CLOSE)))],
  ];
  for (const [name, input] of inputs) {
    it(name, async () => {
      const { code, out, err } = await runCli(["render", "-f", "json"], input);
      expect(err).toBe("");
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject([{ root: { service: "root", code: "not-found" } }]);
    });
  }

  it("a gzip member that arrives byte by byte", async () => {
    const bytes = gzipSync(JSON.stringify(otlpRequest(FAIL_CLOSE)));
    const { code, out } = await runCli(
      ["render", "-f", "json"],
      [...bytes].map((byte) => Buffer.of(byte)),
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveLength(1);
  });

  const wrong: readonly [string, string | Buffer, string][] = [
    ["other JSON", '{"a": 1}', 'got other or broken JSON beginning "{\\"a\\": 1}"'],
    ["text", "hello", 'got text beginning "hello"'],
    ["nothing", "", "got nothing"],
    ["broken gzip", Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8]), "standard input: "],
    ["cut JSON", JSON.stringify(otlpRequest(FAIL_CLOSE)).slice(0, 300), "got other or broken JSON"],
  ];
  for (const [name, input, reason] of wrong) {
    it(`${name} is one clear line and exit code 2`, async () => {
      const { code, out, err } = await runCli(["render"], input);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toContain(reason);
      expect(err.split("\n")).toHaveLength(1);
    });
  }

  it("skips a line that was cut off and says so", async () => {
    const line = JSON.stringify(otlpRequest(FAIL_CLOSE));
    const { code, err } = await runCli(["render"], `${line}\n${line.slice(0, 99)}`);
    expect([code, err]).toEqual([0, "standard input: skipped 1 lines that are no whole document"]);
  });

  it("a missing file is one clear line and exit code 2", async () => {
    const { code, err } = await runCli(["render", "no/such/file"]);
    expect(code).toBe(2);
    expect(err).toMatch(/^otel-error-tree: no\/such\/file: ENOENT/);
  });
});

describe("render for programs", () => {
  it("--exit-code gives 1 for a failed tree, 0 for a handled one", async () => {
    const failed = JSON.stringify(otlpRequest(FAIL_CLOSE));
    const handled = JSON.stringify(otlpRequest(spansOfCase("a service that fails open")));
    expect((await runCli(["render", "-x"], failed)).code).toBe(1);
    expect((await runCli(["render"], failed)).code).toBe(0);
    expect((await runCli(["render", "-x"], handled)).code).toBe(0);
  });

  it("--format header prints a value that renders to the same tree, within the budget", async () => {
    const { out } = await runCli(["render", "-f", "header"], JSON.stringify(otlpRequest(FAIL_CLOSE)));
    expect(out.length).toBeLessThanOrEqual(1024);
    const [again] = JSON.parse((await runCli(["render", "-f", "json"], out)).out);
    expect(again.cause).toEqual(["service-e", "GET /"]);
    const small = await runCli(
      ["render", "-f", "header", "-b", "64"],
      JSON.stringify(otlpRequest(FAIL_CLOSE)),
    );
    expect(small.out).toBe('not-found;s="root";o=2;m');
  });

  it("--format ndjson prints a tree a line, --stream the oldest first when the bound is reached", async () => {
    const lines = ["1", "2", "3"]
      .map((id) => JSON.stringify(otlpRequest(FAIL_CLOSE, id.repeat(32))))
      .join("\n");
    const run = await runCli(["render", "-f", "ndjson", "--stream", "--max-spans", "10"], lines);
    const trees = run.out.split("\n").map((line) => JSON.parse(line));
    expect(trees.map(({ traceId, incomplete }) => [traceId[0], incomplete])).toEqual([
      ["1", true],
      ["2", true],
      ["3", undefined],
    ]);
  });

  it("--every-span keeps every failed span and every ancestor of one", async () => {
    const run = await runCli(["render", "-f", "json", "-e"], JSON.stringify(otlpRequest(FAIL_CLOSE)));
    const chain: string[] = [];
    for (let node = JSON.parse(run.out)[0].root; node !== undefined; node = node.children[0]) {
      chain.push(`${node.service} ${node.operation} ${node.code} ${node.origin}`);
    }
    expect(chain).toEqual([
      "root GET / not-found propagated",
      "root GET not-found propagated",
      "service-b GET / not-found propagated",
      "service-b GET permission-denied propagated",
      "service-e GET / permission-denied self",
    ]);
  });

  it("a wrong option names what was expected", async () => {
    const { code, err } = await runCli(["render", "--budget", "12"]);
    expect(code).toBe(2);
    expect(err).toContain("Expected an integer from 64 to 2048.");
    expect((await runCli(["render", "--colour"])).code).toBe(2);
    expect((await runCli(["--version"])).out).toMatch(/^\d+\.\d+\.\d+$/);
    expect((await runCli(["render", "--help"])).out).toContain("Examples:");
  });
});

describe("render takes traces as they are", () => {
  it("several roots give several trees, a missing parent makes a root", async () => {
    const input = otlpRequest([
      span("a", undefined, { kind: "server", status: "error" }),
      span("b", "gone", { kind: "server", status: "error", start: 5 }),
    ]);
    const { out } = await runCli(["render", "-f", "json"], JSON.stringify(input));
    expect(JSON.parse(out).map((tree: { root: { operation: string } }) => tree.root.operation)).toEqual([
      "a",
      "b",
    ]);
  });

  it("cuts a cycle of parents and reports it", async () => {
    const input = otlpRequest([
      span("a", "c", { status: "error" }),
      span("b", "a", { status: "error" }),
      span("c", "b", { status: "error" }),
      span("d", "c", { status: "error" }),
    ]);
    const { code, out, err } = await runCli(["render", "-f", "json"], JSON.stringify(input));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveLength(1);
    expect(err).toContain("its parents form a cycle, cut at the span 0000000000000061");
  });

  it("cuts spans that are their own parents, and says how many there were", async () => {
    const input = otlpRequest(
      ["a", "b", "c"].map((id) => span(id, id, { kind: "server", service: id, status: "error" })),
    );
    const { code, out, err } = await runCli(["render", "-f", "json"], JSON.stringify(input));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveLength(3);
    expect(err).toMatch(/^trace \w+: its parents form a cycle, cut at the span 0{14}6\d, and 2 more$/m);
  });

  it("of two records of one span the fuller one counts", async () => {
    const bare = span("a", undefined, { kind: "server", service: "bare" });
    const full = span("a", undefined, {
      kind: "server",
      service: "full",
      status: "error",
      attributes: { "http.response.status_code": 503 },
    });
    for (const spans of [
      [bare, full],
      [full, bare],
    ]) {
      const { out } = await runCli(["render", "-f", "json"], JSON.stringify(otlpRequest(spans)));
      expect(JSON.parse(out)).toMatchObject([{ root: { service: "full", code: "unavailable" } }]);
    }
  });

  it("a clock that runs backwards does no harm", async () => {
    const input = otlpRequest([
      span("a", undefined, { kind: "server", status: "error", start: 100, end: 1 }),
      span("b", "a", { kind: "server", service: "t", status: "error", start: 50, end: 10 }),
    ]);
    expect((await runCli(["render"], JSON.stringify(input))).code).toBe(0);
  });

  it("a trace 10,000 spans deep, in every format", async () => {
    const spans = Array.from({ length: 10_000 }, (_, i) =>
      span(`${i}`, i === 0 ? undefined : `${i - 1}`, {
        kind: "server",
        service: `s${i % 7}`,
        status: "error",
      }),
    );
    for (const format of ["text", "json", "ndjson", "header"]) {
      for (const more of [[], ["--every-span"]]) {
        const run = await runCli(["render", "-f", format, ...more], JSON.stringify(otlpRequest(spans)));
        expect([run.code, run.err]).toEqual([0, ""]);
      }
    }
  });

  const producers: readonly [string, object[], string][] = [
    ["error as a boolean", [{ key: "error", type: "bool", value: true }], "unknown"],
    ["error as text", [{ key: "error", type: "string", value: "true" }], "unknown"],
    [
      "an old status name with text",
      [{ key: "http.status_code", type: "string", value: "503" }],
      "unavailable",
    ],
    [
      "an old status name with a number",
      [{ key: "http.status_code", type: "int64", value: 404 }],
      "not-found",
    ],
    ["gRPC by number", [{ key: "rpc.grpc.status_code", type: "int64", value: 16 }], "unauthenticated"],
    ["gRPC by name", [{ key: "rpc.response.status_code", type: "string", value: "DATA_LOSS" }], "data-loss"],
  ];
  for (const [name, tags, code] of producers) {
    it(`reads ${name}`, async () => {
      const trace = {
        traceID: "ABCDEF",
        processes: { p1: { serviceName: "old" } },
        spans: [
          {
            traceID: "abcdef",
            spanID: "1",
            operationName: "get",
            startTime: 1,
            duration: 1,
            processID: "p1",
            tags: [{ key: "span.kind", value: "server" }, ...tags],
          },
        ],
      };
      const { out } = await runCli(["render", "-f", "json"], JSON.stringify(trace));
      expect(JSON.parse(out)).toMatchObject([
        { traceId: "0000000000abcdef", root: { service: "old", code } },
      ]);
    });
  }

  it("reads an OpenTracing error log", async () => {
    const trace = {
      spans: [
        {
          traceID: "1",
          spanID: "2",
          operationName: "get",
          tags: [{ key: "error", value: true }],
          process: { serviceName: "old" },
          logs: [
            {
              fields: [
                { key: "event", value: "error" },
                { key: "error.kind", value: "ECONNREFUSED" },
                { key: "error.object", value: "connect ECONNREFUSED" },
                { key: "stack", value: "Error\n    at run (/app/x.js:1:2)\n    at node:internal/x:1:1" },
              ],
            },
          ],
        },
      ],
    };
    const { out } = await runCli(["render", "-f", "json"], JSON.stringify(trace));
    expect(JSON.parse(out)).toMatchObject([
      {
        root: {
          code: "unavailable",
          errorType: "ECONNREFUSED",
          message: "connect ECONNREFUSED",
          frames: ["run (/app/x.js:1:2)"],
        },
      },
    ]);
  });
});
