// The lines of each logger for one failed request, as docs/logs.md shows them, and the answer that a stranger gets.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { printedOn } from "../../support/printed.ts";
import { NodeProcess } from "../../support/process/node-process.ts";

const PROGRAMS = fileURLToPath(new URL("./programs", import.meta.url));

interface Lines {
  readonly pino: readonly string[];
  readonly winston: readonly string[];
  readonly otel: readonly Record<string, unknown>[];
}

let shop: NodeProcess;
let said: Lines;
let problem: { readonly type: string | null; readonly body: string };

beforeAll(async () => {
  shop = await NodeProcess.listening(`${PROGRAMS}/shop.mjs`, {
    cwd: PROGRAMS,
    imports: ["otel-error-tree/register"],
    env: {
      OTEL_SERVICE_NAME: "shop",
      OTEL_ERROR_TREE_TRUST: "loopback",
      OTEL_TRACES_EXPORTER: "console",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
    },
  });
  const response = await fetch(`${shop.url}/cart/7`);
  problem = { type: response.headers.get("content-type"), body: await response.text() };
  // The line comes when the request has ended, which may be after its response has arrived.
  do said = await shop.ask("lines");
  while (said.pino.length < 2);
});
afterAll(() => shop?.stop());

/** Without what differs from run to run. */
function same(text: string): string {
  return text
    .replaceAll(traceId(), "4bf92f3577b34da6a3ce929d0e0e4736")
    .replaceAll(/"(span_?id)":( ?)"[0-9a-f]{16}"/gi, '"$1":$2"00f067aa0ba902b7"')
    .replaceAll(/"time":\d+/g, '"time":1790000000000');
}

function traceId(): string {
  return (JSON.parse(said.pino[0] as string) as { trace_id: string }).trace_id;
}

test("pino has the ids in every line, and one line for the failed request", () => {
  expect(same(said.pino.join("")).trimEnd()).toBe(
    printedOn("logs.md", "pino", same(said.pino.join("")).trimEnd()),
  );
  expect(said.pino.map((line) => JSON.parse(line))).toMatchObject([
    { msg: "paying", trace_id: traceId(), span_id: expect.stringMatching(/^[0-9a-f]{16}$/) },
    {
      level: 50,
      trace_id: traceId(),
      error_tree: { verdict: "failed", root_cause: { type: "RangeError" }, represents: 1 },
    },
  ]);
});

test("winston, too", () => {
  const text = same(said.winston.join("")).trimEnd();
  expect(text).toBe(printedOn("logs.md", "winston", text));
  expect(said.winston.map((line) => JSON.parse(line))).toMatchObject([
    { message: "paying", trace_id: traceId() },
    { level: "error", trace_id: traceId(), error_tree: { root_cause: { code: "internal" } } },
  ]);
});

test("so have records of OpenTelemetry", () => {
  const text = same(said.otel.map((record) => JSON.stringify(record)).join("\n"));
  expect(text).toBe(printedOn("logs.md", "otel", text));
  expect(said.otel).toMatchObject([
    { body: "paying", traceId: traceId() },
    {
      severityText: "ERROR",
      traceId: traceId(),
      attributes: { "error_tree.root_cause.operation": "GET /cart/:id" },
    },
  ]);
});

test("no line tells a secret", () => {
  expect(JSON.stringify(said)).toContain("was declined");
  expect(JSON.stringify(said)).not.toContain("password=7");
});

test("a stranger gets the trace id, and nothing of the error", () => {
  expect(problem.type).toMatch(/^application\/problem\+json/);
  expect(JSON.parse(problem.body)).toEqual({
    type: "about:blank",
    title: "Internal Server Error",
    status: 500,
    traceId: traceId(),
  });
  const text = same(JSON.stringify(JSON.parse(problem.body), null, 2));
  expect(text).toBe(printedOn("logs.md", "problem", text));
});
