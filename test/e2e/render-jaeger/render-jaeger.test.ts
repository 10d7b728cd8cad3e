// `render --jaeger` at a real Jaeger behind a real Collector, of what real services have exported.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import http from "node:http";
import { text } from "node:stream/consumers";
import { type ErrorTree, readErrorTree, type TreeNode } from "otel-error-tree";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { type SinglePipeline, startSinglePipeline } from "../../../collector-config/run/single.ts";
import { until } from "../../../collector-config/run/until.ts";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";
import { untilTrace } from "../../../examples/lab/stored-span.ts";
import { askLabService, startLabService } from "../../support/pipeline/lab-service.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { runCli } from "../../support/run-cli.ts";
import { differences } from "../backend/round-trip.ts";

const missing = [PROGRAMS.collector, PROGRAMS.jaeger].filter((path) => !existsSync(path));
const SERVICE = new URL("./service.ts", import.meta.url);
const BIN = new URL("../../../src/cli/bin.ts", import.meta.url);
const TIMEOUT_MS = 120_000;
const OPEN = { OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity" };
/** Spans of a failing request: SERVER and CLIENT of shop, SERVER of stock. */
const SPANS = 3;

describe.skipIf(missing.length > 0)("render --jaeger (needs npm run tools)", { timeout: TIMEOUT_MS }, () => {
  let pipeline: SinglePipeline;
  let undo: Undo;

  beforeAll(async () => {
    pipeline = await startSinglePipeline();
  }, TIMEOUT_MS);
  afterAll(() => pipeline.stop());

  beforeEach(() => {
    undo = new Undo();
  });
  afterEach(() => undo.all(), TIMEOUT_MS);

  /** A shop whose stock fails; a service of another name for every test. */
  async function startShop(name: string): Promise<NodeProcess> {
    const base = { undo, otlpHttp: pipeline.collector.otlpHttp };
    const failing = { ...OPEN, SHOULD_FAIL: "true", ERROR_TYPE: "not-found" };
    const stock = await startLabService({ ...base, name: "stock", environment: failing });
    const environment = { ...OPEN, FORCE_ERROR_MAPPING: "internal" };
    return await startLabService({ ...base, name, downstreams: [stock], environment });
  }

  async function failing(shop: NodeProcess): Promise<string> {
    const { traceId } = await askLabService(shop);
    await untilTrace(pipeline.jaeger.queryUrl, traceId, SPANS);
    return traceId;
  }

  function render(...args: string[]) {
    return runCli(["render", "--jaeger", pipeline.jaeger.queryUrl, ...args]);
  }

  test("prints a trace, the last ones of a service, and one beside the newest good one", async () => {
    const shop = await startShop("shop");
    const before = await failing(shop);
    const traceId = await failing(shop);
    expect((await render("--trace", traceId)).out).toMatch(
      /^shop GET internal .*\[drift not-found -> internal\]\n[\s\S]*└─ stock GET not-found .*◀ root cause$/m,
    );
    const alone = await render("--trace", traceId, "--compare");
    expect(alone.err).toMatch(/ has no good trace of shop GET: /);

    const last = await render("--service", "shop", "--last", "2", "--format", "ndjson");
    expect(last.out.split("\n").map((line) => JSON.parse(line).traceId)).toEqual([before, traceId]);

    const good = randomBytes(16).toString("hex");
    const traceparent = `00-${good}-${randomBytes(8).toString("hex")}-01`;
    await fetch(shop.url, { headers: { traceparent, "x-error-bypass": "true" } });
    await untilTrace(pipeline.jaeger.queryUrl, good, SPANS);
    const compared = await render("--trace", traceId, "--compare");
    expect(compared.err).toBe("");
    expect(compared.out).toMatch(
      new RegExp(`^beside {2}trace ${good} of .*: the newest that did not fail$`, "m"),
    );
    expect(compared.out).toMatch(/^shop GET internal .* │ ok [\d.]+ m?s$/m);
    expect(compared.out).toMatch(/^└─ stock GET not-found .* │ ok [\d.]+ m?s$/m);
  });

  /** The header's tree of a request to the service that tells of itself. */
  async function ask(url: string): Promise<{ traceId: string; header: ErrorTree | undefined }> {
    const headers = { "x-error-tree": `v=1, id="${randomBytes(8).toString("hex")}"` };
    const [response] = (await once(http.get(url, { headers }), "response")) as [http.IncomingMessage];
    const traceId = await text(response);
    await untilTrace(pipeline.jaeger.queryUrl, traceId, 4);
    return { traceId, header: readErrorTree(response.headers["x-error-tree"]?.toString() ?? "") };
  }

  async function rendered(traceId: string): Promise<TreeNode> {
    return JSON.parse((await render("--trace", traceId, "--format", "json")).out)[0].root;
  }

  test("gives the header's tree of failures within a service, but for what was masked on the way", async () => {
    const { url } = await NodeProcess.listening(SERVICE, {
      name: "orders",
      imports: [new URL("../../../examples/lab/otel.ts", import.meta.url)],
      undo,
      env: {
        ...OPEN,
        SERVICE_NAME: "orders",
        OTEL_EXPORTER_OTLP_ENDPOINT: pipeline.collector.otlpHttp,
        OTEL_METRICS_EXPORTER: "none",
        OTEL_LOGS_EXPORTER: "none",
      },
    });
    const locked = await ask(url);
    expect(locked.header?.root).toMatchObject({ at: "ask the database", message: "the table is locked" });
    expect(differences(locked.header?.root, await rendered(locked.traceId))).toEqual([]);

    const secret = await ask(`${url}/secret`);
    const tree = await rendered(secret.traceId);
    // What the Collector of single.yaml has masked nobody can tell any more.
    expect(differences(secret.header?.root, tree)).toEqual([
      "orders: message is connect postgres://[redacted]@db/orders failed in the header, connect postgres****db/orders failed in the backend",
    ]);
  });

  test("follows: each new failing trace once, over a restart of Jaeger, until Ctrl-C", async () => {
    const shop = await startShop("followed");
    const old = await failing(shop);
    const { jaeger } = pipeline;
    const args = [
      "--service",
      "followed",
      "--last",
      "1",
      "--follow",
      "--interval",
      "1",
      "--format",
      "ndjson",
      "-x",
    ];
    const follower = new NodeProcess(BIN, {
      args: ["render", "--jaeger", jaeger.queryUrl, ...args],
      channel: false,
      env: process.env,
      undo,
    });
    const said = (): string[] => follower.err.split("\n").slice(0, -1);
    const printed = (): string[] =>
      follower.out
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line).traceId);
    await until("the last one is printed", () => printed().length === 1);
    const first = await failing(shop);
    await until("the next one is printed", () => printed().length === 2);

    await jaeger.daemon.kill();
    await until("that Jaeger is away is said", () => said().length === 1);
    const meanwhile = await askLabService(shop);
    await jaeger.daemon.start();
    await until("what failed meanwhile is printed", () => printed().length === 3);
    expect(printed()).toEqual([old, first, meanwhile.traceId]);
    expect(said()).toEqual([
      expect.stringMatching(
        /^Jaeger at http:\S+: .*(ECONNREFUSED|ECONNRESET|closed).*; asking on, every 1 s$/,
      ),
      `Jaeger at ${jaeger.queryUrl} is there again`,
    ]);
    expect((await follower.end("SIGINT")).exitCode).toBe(1);
  });
});
