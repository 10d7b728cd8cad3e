// Metrics end to end: a service in a process of its own pushes them by OTLP, and what arrives is what was done to it.
import { expect, onTestFinished, test, vi } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import type { Counts } from "../../../src/health/counts.ts";
import { readErrorTree } from "../../../src/program/read.ts";
import { idOfAsk } from "../../../src/wire/header.ts";
import { expectedValues } from "../../health/reading.ts";
import { limitsVariable } from "../../support/limits.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { plainService, request } from "../../support/sdk-http.ts";
import { closedPort } from "../../support/sockets.ts";
import { type Backend, startBackend } from "./backend.ts";

const PROGRAM = new URL("./service.ts", import.meta.url);
const ASK = { "x-error-tree": 'v=1, id="00f067aa0ba902b7", from="test"' };

async function start(env: Readonly<Record<string, string>>): Promise<NodeProcess> {
  const undo = new Undo();
  onTestFinished(() => undo.all());
  return await NodeProcess.listening(PROGRAM, {
    name: "shop",
    undo,
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_ERROR_TREE_TRUST: "loopback",
      ...limitsVariable({ exportDelayMs: 0 }),
      ...env,
    },
  });
}

/** Pushes while the service runs; as long is the limit of one push. */
const OFTEN = { OTEL_METRIC_EXPORT_INTERVAL: "2000" };

/** Waits for a push that says so. */
async function arrived(
  backend: Backend,
  values: Readonly<Record<string, number | undefined>>,
): Promise<void> {
  await vi.waitFor(() => expect(backend.values).toMatchObject(values), { timeout: 30_000 });
}

function endpoints(backend: Backend, traces = `${backend.url}/v1/traces`): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${backend.url}/v1/metrics`,
  };
}

/** A callee's answers: understood, not understood, and to somebody else's ask. */
const ANSWERS: readonly ((id: string | undefined) => string)[] = [
  (id) => `ok;id="${id}";s="stock"`,
  () => "???",
  () => "ok;id=",
  () => 'ok;id="ffffffffffffffff";s="stock"',
];

test("what arrives is what was done, and what the service counted, up to the very end", async () => {
  const backend = await startBackend();
  const service = await start({ ...endpoints(backend), ...OFTEN });
  const get = (path: string, headers = {}): ReturnType<typeof request> =>
    request(service.port, path, headers);

  const fine = await get("/200", ASK);
  const failed = await get("/500", ASK);
  const large = await get("/500?steps=200", ASK);
  const { omitted } = readErrorTree(large.field("x-error-tree") as string) ?? {};
  // Five of one kind: three go out, two are held back.
  for (let i = 0; i < 5; i++) await get("/503");
  await get("/404");
  await get("/200?steps=1");
  await get("/500", { ...ASK, forwarded: "for=203.0.113.7" });
  await get("/200", { "x-error-tree": "???" });
  await get("/200", { "x-error-tree": "v=1, id=3" });
  await get("/200?full", ASK);
  for (const answer of ANSWERS) {
    const callee = await plainService(200, "fine", (head) => [
      `x-error-tree: ${answer(idOfAsk(/^x-error-tree: (.*)$/im.exec(head)?.[1]?.trim()))}`,
    ]);
    await get(`/200?to=http://127.0.0.1:${callee.port}/`);
  }

  const sizes = [fine, failed, large].map((response) => response.field("x-error-tree")?.length ?? 0);
  const done = {
    "error_tree.tree.seen{error_tree.verdict=failed}": 8,
    "error_tree.tree.seen{error_tree.verdict=rejected}": 1,
    "error_tree.tree.seen{error_tree.verdict=handled}": 1,
    "error_tree.tree.entered": 8,
    "error_tree.tree.limited": 2,
    "error_tree.tree.pending": 2,
    "error_tree.tree.lost": 0,
    "error_tree.fragment.exported": 6,
    "error_tree.fragment.live": 0,
    "error_tree.span.queued": 0,
    "error_tree.ask.ignored{error.type=refused}": 1,
    "error_tree.ask.ignored{error.type=malformed}": 2,
    "error_tree.answer.written{error_tree.answer.form=minimal}": 1,
    "error_tree.answer.written{error_tree.answer.form=tree}": 2,
    "error_tree.answer.size{error_tree.answer.form=minimal}": sizes[0],
    "error_tree.answer.size{error_tree.answer.form=tree}": (sizes[1] ?? 0) + (sizes[2] ?? 0),
    "error_tree.answer.unwritten": 1,
    "error_tree.answer.received": 1,
    "error_tree.answer.received{error.type=malformed}": 2,
    "error_tree.answer.received{error.type=foreign}": 1,
    "error_tree.node.omitted": omitted,
    "error_tree.export.failed": 0,
    "error_tree.internal_error": 0,
  };
  await arrived(backend, done);
  expect(backend.values).toMatchObject(expectedValues(await service.ask<Counts>("counts")));

  const counts = await service.ask<Counts>("shutdown");
  expect(counts).toMatchObject({ trees_failed: 8, represents_written: 8, fragments_exported: 7 });
  expect(backend.values).toMatchObject({ ...expectedValues(counts), "error_tree.tree.pending": 0 });
});

test("a process with a short life pushes its metrics once, at the shutdown, with what the last exports did", async () => {
  const backend = await startBackend();
  const service = await start(endpoints(backend));
  await request(service.port, "/500");
  const counts = await service.ask<Counts>("shutdown");
  expect(backend.exports).toBe(1);
  expect(backend.values).toMatchObject(expectedValues(counts));
  expect(backend.values).toMatchObject({ "error_tree.tree.told": 1, "error_tree.tree.lost": 0 });
});

test("what is lost, for nobody takes the traces, arrives as lost", async () => {
  const backend = await startBackend();
  const service = await start({
    ...endpoints(backend, `http://127.0.0.1:${await closedPort()}/v1/traces`),
    ...OFTEN,
    OTEL_ERROR_TREE_MAX_QUEUED_SPANS: "2",
    ...limitsVariable({ exportDelayMs: 0, exportTimeoutMs: 200 }),
  });
  for (let i = 0; i < 3; i++) await request(service.port, "/500");
  await arrived(backend, {
    "error_tree.tree.entered": 3,
    "error_tree.tree.told": 0,
    "error_tree.tree.lost": 1,
    "error_tree.tree.pending": 2,
    "error_tree.fragment.dropped": 1,
    "error_tree.span.dropped": 1,
    "error_tree.span.queued": 2,
  });
  const counts = await service.ask<Counts>("shutdown");
  expect(counts.exports_failed).toBeGreaterThan(0);
  expect(backend.values).toMatchObject(expectedValues(counts));
  expect(backend.values).toMatchObject({
    "error_tree.tree.lost": 3,
    "error_tree.fragment.dropped": 3,
    "error_tree.span.queued": 0,
  });
});
