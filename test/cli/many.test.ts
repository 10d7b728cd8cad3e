// Many traces at once: one entry for each kind of failure, and a line that counts at the end.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";

interface Failing {
  readonly operation?: string;
  readonly http?: number;
  readonly message?: string;
  /** When it began: seconds after all others could have. */
  readonly second?: number;
}

/** A line with one trace of one failed span. */
function traceOf(
  id: number,
  { operation = "GET /", http = 500, message = "boom", second = 0 }: Failing = {},
): string {
  const span: SpanFacts = {
    spanId: `s${id}`,
    service: "shop",
    kind: "server",
    name: operation,
    status: http < 500 ? "unset" : "error",
    statusMessage: message,
    attributes: { "http.response.status_code": http },
    events: [],
    start: second * 1000,
    end: second * 1000 + 20,
  };
  return JSON.stringify(otlpRequest([span], id.toString(16).padStart(32, "0")));
}

/** A line with one trace of one span as a producer wrote it. */
function lineOf(fields: Record<string, unknown>): string {
  const span = {
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    name: "GET /",
    kind: 2,
    status: { code: 2 },
    ...fields,
  };
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
}

const MANY = [
  ...Array.from({ length: 300 }, (_, i) => traceOf(i + 1, { second: (i * 7) % 300, message: `order ${i}` })),
  traceOf(301, { operation: "GET /other" }),
  traceOf(302, { operation: "GET /bad", http: 404 }),
  traceOf(303, { http: 200 }),
].join("\n");

describe("the same failure many times", () => {
  test("is one entry with a count, first and last time and an example", async () => {
    const { out, err } = await runCli(["render"], MANY);
    expect(err).toBe("");
    expect(out.match(/^FAILED/gm)).toHaveLength(2);
    expect(out.split("\n").slice(0, 3)).toEqual([
      "FAILED  trace 0000000000000001",
      "seen        300 times, from 2027-01-15T08:00:00Z to 2027-01-15T08:04:59Z; this is the first that was read",
      "root cause  shop GET / internal: order 0",
    ]);
  });

  test("is each of them with --each", async () => {
    const { out } = await runCli(["render", "--each"], MANY);
    expect(out.match(/^FAILED/gm)).toHaveLength(301);
    expect(out).not.toContain("seen  ");
  });

  test.each(["json", "ndjson"])("is each of them for programs: %s", async (format) => {
    const { out } = await runCli(["render", "--format", format], MANY);
    expect(out.match(/"verdict":"failed"/g)).toHaveLength(301);
  });

  test("stays apart from a failure of the same shape that has another cause", async () => {
    const apart = [traceOf(1), traceOf(2, { http: 503 }), traceOf(3, { operation: "POST /" })].join("\n");
    const { out } = await runCli(["render"], apart);
    expect(out.match(/^FAILED/gm)).toHaveLength(3);
  });

  test("is counted without times if there are none", async () => {
    const none = [lineOf({}), lineOf({ traceId: "c".repeat(32) })].join("\n");
    const { out } = await runCli(["render"], none);
    expect(out).toContain("\nseen        2 times; this is the first that was read\n");
  });

  test("is counted on a page, too", async () => {
    const folder = mkdtempSync(join(tmpdir(), "many-"));
    try {
      const html = join(folder, "many.html");
      await runCli(["render", "--html", html], MANY);
      const page = readFileSync(html, "utf8");
      expect(page.match(/<section /g)).toHaveLength(3);
      expect(page).toContain("300 times, from 2027");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("with --all, traces in which nothing failed keep their place", async () => {
    const mixed = [traceOf(1, { http: 200 }), traceOf(2), traceOf(3, { http: 200 }), traceOf(4)].join("\n");
    const { out } = await runCli(["render", "--all"], mixed);
    expect(out.match(/^(?:ok|FAILED)/gm)).toEqual(["ok", "FAILED", "ok"]);
  });
});

describe("the line at the end", () => {
  test("counts traces by verdict, and kinds", async () => {
    const { out } = await runCli(["render"], MANY);
    expect(out.split("\n").at(-1)).toBe("303 traces: 301 failed, 1 rejected; 3 kinds");
  });

  test("counts no kinds with --each, which keeps none", async () => {
    const { out } = await runCli(["render", "--each"], MANY);
    expect(out.split("\n").at(-1)).toBe("303 traces: 301 failed, 1 rejected");
  });

  test("is not there for a single trace, nor for programs", async () => {
    expect((await runCli(["render"], traceOf(1))).out).not.toContain("traces:");
    expect((await runCli(["render", "--format", "ndjson"], MANY)).out).not.toContain("traces:");
  });
});

describe("--only", () => {
  test("prints trees with that verdict, and says how many it left out", async () => {
    const { out, err, code } = await runCli(["render", "--only", "rejected", "--exit-code"], MANY);
    expect(out.match(/^(?:FAILED|REJECTED)/gm)).toEqual(["REJECTED"]);
    expect(err).toBe("--only rejected leaves out 301 trees");
    // What is printed does not change what was found.
    expect(code).toBe(1);
  });

  test("holds in every format", async () => {
    const { out } = await runCli(["render", "--only", "rejected", "--format", "ndjson"], MANY);
    expect(out.split("\n")).toHaveLength(1);
  });

  test("takes a verdict alone", async () => {
    const { err, code } = await runCli(["render", "--only", "wrong"], MANY);
    expect(code).toBe(2);
    expect(err).toContain("Allowed choices are failed, rejected, handled");
  });
});

describe("what is not known is not printed", () => {
  const times = (start: number, end: number): Record<string, unknown> => ({
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(end),
  });

  test.each([
    ["without times", {}],
    ["without an end", { startTimeUnixNano: "1800000000000000000" }],
    ["without a start", { endTimeUnixNano: "1800000000000000000" }],
    ["that ends when it begins", times(1_800_000_000_000_000_000, 1_800_000_000_000_000_000)],
  ])("a duration of a span %s", async (_, fields) => {
    const { out } = await runCli(["render"], lineOf(fields));
    expect(out).toContain("shop GET / failed  ◀ root cause");
    expect(out).not.toMatch(/\bms\b|unknown/);
  });

  test("a service without a name", async () => {
    const span = {
      traceId: "a".repeat(32),
      spanId: "b".repeat(16),
      name: "GET /",
      kind: 2,
      status: { code: 2 },
    };
    const text = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const { out } = await runCli(["render"], text);
    expect(out).toContain("\nGET / failed  ◀ root cause\n");
    expect(out).not.toContain("unknown");
  });

  test("a short duration is not 0.0 ms", async () => {
    const { out } = await runCli(
      ["render"],
      lineOf(times(1_800_000_000_000_000_000, 1_800_000_000_000_002_000)),
    );
    expect(out).toContain("shop GET / failed <0.1 ms");
  });
});
