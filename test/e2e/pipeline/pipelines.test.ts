// Every pipeline of collector-config/, run by the real programs: a forced tree that goes in is in Jaeger, whole.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { type Collector, startCollector } from "../../../collector-config/run/collector.ts";
import { type Jaeger, type JaegerOptions, startJaeger } from "../../../collector-config/run/jaeger.ts";
import { startKafka } from "../../../collector-config/run/kafka.ts";
import { until } from "../../../collector-config/run/until.ts";
import { CONFIGURATIONS, PROGRAMS } from "../../../collector-config/tools/files.ts";
import type { Pipeline } from "../../../collector-config/tools/pipelines.ts";
import { readTrace, type StoredSpan, untilTrace } from "../../../examples/lab/stored-span.ts";
import { askLabService, startLabService } from "../../support/pipeline/lab-service.ts";
import { startPrometheus } from "../../support/pipeline/prometheus.ts";
import { sendSpans } from "../../support/pipeline/send-spans.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";

const missing = Object.values(PROGRAMS).filter((path) => !existsSync(path));
/** Real programs on a busy machine; a broker of Kafka's alone takes many seconds. */
const PATIENCE_MS = 240_000;
/** Of the two services: SERVER and CLIENT of the one, SERVER of the other. */
const SPANS = 3;

let undo: Undo;
let folder: string;

beforeEach(() => {
  undo = new Undo();
  folder = mkdtempSync(join(tmpdir(), "error-tree-pipeline-"));
});

afterEach(async () => {
  await undo.all();
  rmSync(folder, { recursive: true });
}, PATIENCE_MS);

describe.skipIf(missing.length > 0)("the pipeline (needs npm run tools)", { timeout: PATIENCE_MS }, () => {
  test("single.yaml: a forced tree is in Jaeger, and what Jaeger is not there for waits for it", async () => {
    const jaeger = await newJaeger();
    const collector = await newCollector("single", { JAEGER_ENDPOINT: jaeger.otlpGrpc });
    const shop = await newShop(collector);
    await expectTree(jaeger, shop);

    await jaeger.daemon.kill();
    const { traceId } = await askLabService(shop);
    await until("it is in the queue", async () => (await queueSize(collector)) > 0);
    await collector.daemon.kill();
    await jaeger.daemon.start();
    await collector.daemon.start();
    judge(await untilTrace(jaeger.queryUrl, traceId, SPANS));
  });

  test("single.yaml: secrets are taken out on the way, what is no secret stays", async () => {
    const jaeger = await newJaeger();
    const collector = await newCollector("single", { JAEGER_ENDPOINT: jaeger.otlpGrpc });
    const traceId = await sendSpans(collector.otlpHttp, SPAN_WITH_SECRETS);
    const [span] = await untilTrace(jaeger.queryUrl, traceId, 1);
    expect(JSON.stringify(span)).not.toMatch(/hunter2|s3cr3t|jane@example|4111 1111/);
    expect(span).toMatchObject({
      name: "GET https****db.internal/orders",
      message: "connect to postgres****db:5432 failed",
      attributes: {
        "url.full": "https****shop.internal/orders?page=2",
        "http.request.header.authorization": "****",
        "app.note": "**** and ****",
        "app.list": expect.stringContaining("****"),
        "db.system.name": "postgresql",
        "db.query.text": "SELECT * FROM users WHERE email **** AND id = ?",
        "error_tree.fingerprint": "4111111111111111",
        "error_tree.text": "failed: shop GET internal: **** rejected",
        "http.response.status_code": 500,
      },
      events: [
        {
          name: "exception",
          attributes: { "exception.message": "duplicate key: **** already exists" },
        },
      ],
    });
    expect(Object.keys(span?.attributes ?? {}).filter((name) => name.startsWith("redaction"))).toEqual([]);
  });

  test("single.yaml: what a service has redacted is not redacted again; a span that only says so is", async () => {
    const jaeger = await newJaeger();
    const collector = await newCollector("single", { JAEGER_ENDPOINT: jaeger.otlpGrpc });
    const attributes = { "app.note": "token=[redacted]" };
    const traceId = await sendSpans(
      collector.otlpHttp,
      { name: "redacted", attributes, resource: { "error_tree.redacted": true } },
      { name: "open", attributes },
      { name: "pretends", attributes: { ...attributes, "error_tree.redacted": true } },
      { name: "says it in words", attributes, resource: { "error_tree.redacted": "true" } },
    );
    const spans = await untilTrace(jaeger.queryUrl, traceId, 4);
    expect(Object.fromEntries(spans.map((span) => [span.name, span.attributes["app.note"]]))).toEqual({
      redacted: "token=[redacted]",
      open: "****",
      pretends: "****",
      "says it in words": "****",
    });
  });

  test("agent.yaml and gateway.yaml: forced trees pass at once, the rest waits for its decision", async () => {
    const jaeger = await newJaeger();
    const environment = {
      JAEGER_ENDPOINT: jaeger.otlpGrpc,
      DECISION_WAIT: "1h",
      SPAN_METRICS_INTERVAL: "1s",
    };
    const gateways = await Promise.all(
      ["gateway-1", "gateway-2"].map((name) => newCollector("gateway", environment, name)),
    );
    const agent = await newCollector("agent", {
      GATEWAYS: `[${gateways.map(({ otlpGrpc }) => otlpGrpc).join(",")}]`,
    });
    const shop = await newShop(agent);
    for (let i = 0; i < 6; i++) await expectTree(jaeger, shop);

    // Head-sampled, of a trace that nobody forces.
    const waiting = await sendSpans(agent.otlpHttp, { name: "GET /", attributes: {} });
    await until("the span metrics have told of it", async () => {
      const told = await Promise.all(gateways.map(({ servicesMetrics }) => metricsOf(servicesMetrics)));
      return told.some((text) => /traces_span_metrics_calls_total\{.*sampling_priority="0".*\} 1/.test(text));
    });
    expect(await readTrace(jaeger.queryUrl, waiting)).toEqual([]);
    for (const gateway of gateways) {
      const metrics = await gateway.metrics();
      expect(metrics.sum("otelcol_receiver_accepted_spans_total")).toBeGreaterThan(0);
    }
  });

  test("agent.yaml and gateway.yaml: a crash of all of them loses no forced tree", async () => {
    const jaeger = await newJaeger();
    const gateway = await newCollector("gateway", { JAEGER_ENDPOINT: jaeger.otlpGrpc, DECISION_WAIT: "1h" });
    const agent = await newCollector("agent", { GATEWAYS: `[${gateway.otlpGrpc}]` });
    const shop = await newShop(agent);
    await jaeger.daemon.kill();
    const { traceId: atGateway } = await askLabService(shop);
    await until("the gateway has it", async () => {
      return (
        (await gateway.metrics()).sum("otelcol_processor_outgoing_items_total", "filter/forced") === SPANS
      );
    });
    await gateway.daemon.kill();
    const { traceId: atAgent } = await askLabService(shop);
    await until("the agent has it", async () => {
      return (await agent.metrics()).sum("otelcol_receiver_accepted_spans_total") === 2 * SPANS;
    });
    await agent.daemon.kill();
    await Promise.all([jaeger, gateway, agent].map(({ daemon }) => daemon.start()));
    for (const traceId of [atGateway, atAgent]) judge(await untilTrace(jaeger.queryUrl, traceId, SPANS));
  });

  test("gateway.yaml: head-sampled spans beside forced ones are kept, each span once", async () => {
    const jaeger = await newJaeger();
    const gateway = await newCollector("gateway", {
      JAEGER_ENDPOINT: jaeger.otlpGrpc,
      DECISION_WAIT: "1s",
      TAIL_PERCENTAGE: "0",
    });
    const forced = { name: "forced", attributes: { "sampling.priority": 1 } };
    const sampled = { name: "head-sampled", attributes: {} };
    const both = await sendSpans(gateway.otlpHttp, forced, sampled);
    const alone = await sendSpans(gateway.otlpHttp, sampled);
    const failed = await sendSpans(gateway.otlpHttp, { ...sampled, error: true });
    const names = async (traceId: string, count: number): Promise<string[]> =>
      (await untilTrace(jaeger.queryUrl, traceId, count)).map(({ name }) => name).sort();
    expect(await names(both, 2)).toEqual(["forced", "head-sampled"]);
    expect(await names(failed, 1)).toEqual(["head-sampled"]);
    await until("all decisions are taken", async () => {
      const { sum } = await decisions(gateway);
      return sum >= 3;
    });
    expect(await readTrace(jaeger.queryUrl, alone)).toEqual([]);
    expect(await names(both, 2)).toHaveLength(2);
  });

  test("kafka-writer.yaml and kafka-reader.yaml: a forced tree goes through Kafka; a reader that was killed goes on", async () => {
    const [jaeger, kafka] = await Promise.all([
      newJaeger(),
      startKafka({ folder: join(folder, "kafka"), undo }),
    ]);
    const environment = { KAFKA_BROKERS: `[${kafka.broker}]`, JAEGER_ENDPOINT: jaeger.otlpGrpc };
    const writer = await newCollector("kafka-writer", environment);
    const shop = await newShop(writer);
    // Written before anybody has ever read.
    const { traceId: early } = await askLabService(shop);
    await until(
      "Kafka has it",
      async () => (await writer.metrics()).sum("otelcol_exporter_sent_spans_total") >= SPANS,
    );
    const reader = await newCollector("kafka-reader", environment);
    judge(await untilTrace(jaeger.queryUrl, early, SPANS));

    await reader.daemon.kill();
    const { traceId } = await askLabService(shop);
    await reader.daemon.start();
    judge(await untilTrace(jaeger.queryUrl, traceId, SPANS, 120_000));
  });

  test("jaeger.yaml with Badger: what was acknowledged is there after a crash", async () => {
    const jaeger = await newJaeger({ store: "badger" });
    const collector = await newCollector("single", { JAEGER_ENDPOINT: jaeger.otlpGrpc });
    const shop = await newShop(collector);
    const traceId = await expectTree(jaeger, shop);
    await jaeger.daemon.kill();
    await jaeger.daemon.start();
    judge(await untilTrace(jaeger.queryUrl, traceId, SPANS));
  });

  test("prometheus.yaml: every metric that an alert or the dashboard names is there, and no alert fires", async () => {
    const jaeger = await newJaeger();
    const gateway = await newCollector("gateway", {
      JAEGER_ENDPOINT: jaeger.otlpGrpc,
      DECISION_WAIT: "1s",
      SPAN_METRICS_INTERVAL: "1s",
    });
    const shop = await newShop(gateway);
    await expectTree(jaeger, shop);
    await sendSpans(gateway.otlpHttp, { name: "GET /", attributes: {} });
    const prometheus = await startPrometheus({
      folder: join(folder, "prometheus"),
      undo,
      targets: {
        collector: [gateway.ownMetrics],
        services: [gateway.servicesMetrics],
        jaeger: [jaeger.ownMetrics],
      },
    });
    const names = metricsNamed();
    expect(names).toContain("error_tree_tree_lost_total");
    expect(names.length).toBeGreaterThan(25);
    for (const name of names) {
      await until(`${name} is in Prometheus`, async () => (await prometheus.query(name)).length > 0);
    }
    await until("Jaeger is in Prometheus", async () => {
      const [up] = await prometheus.query('up{job="jaeger"} == 1');
      return up !== undefined;
    });
    await until("the failed request is told of by its service", async () => {
      const [told] = await prometheus.query('error_tree_tree_told_total{job="shop"} == 1');
      return told !== undefined;
    });
    expect(await prometheus.query('ALERTS{alertstate="firing"}')).toEqual([]);
  });
});

test.runIf(missing.length > 0)(
  "the pipelines were not run, for npm run tools has not brought all programs",
  () => {
    expect(missing).not.toEqual([]);
  },
);

function newJaeger(options: Partial<JaegerOptions> = {}): Promise<Jaeger> {
  return startJaeger({ folder: join(folder, "jaeger"), undo, ...options });
}

function newCollector(
  pipeline: Pipeline,
  environment: Readonly<Record<string, string>>,
  name: string = pipeline,
): Promise<Collector> {
  return startCollector({ pipeline, name, environment, folder: join(folder, name), undo });
}

/** A service that fails, for the one that it calls fails. */
async function newShop(collector: Collector): Promise<NodeProcess> {
  const common = { undo, otlpHttp: collector.otlpHttp };
  const environment = { OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity" };
  const failing = { ...environment, SHOULD_FAIL: "true" };
  const stock = await startLabService({ ...common, name: "stock", environment: failing });
  return await startLabService({ ...common, name: "shop", downstreams: [stock], environment });
}

/** Asks, and finds the tree in Jaeger; returns the trace's id. */
async function expectTree(jaeger: Jaeger, shop: NodeProcess): Promise<string> {
  const { traceId, status } = await askLabService(shop);
  expect(status).toBe(500);
  judge(await untilTrace(jaeger.queryUrl, traceId, SPANS));
  return traceId;
}

/** One tree, each of its spans once, each to be told as forced. */
function judge(spans: readonly StoredSpan[]): void {
  expect(spans).toHaveLength(SPANS);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.size).toBe(SPANS);
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
  expect(roots).toMatchObject([
    {
      service: "shop",
      attributes: { "error_tree.verdict": "failed", "error_tree.root_cause.service": "stock" },
    },
  ]);
  for (const { attributes } of spans) expect(attributes).toHaveProperty(["sampling.priority"], 1);
}

async function queueSize(collector: Collector): Promise<number> {
  return (await collector.metrics()).sum("otelcol_exporter_queue_size");
}

async function metricsOf(hostAndPort: string): Promise<string> {
  return await (await fetch(`http://${hostAndPort}/metrics`)).text();
}

/** Of those in alerts.yaml and dashboard.json the ones that are there before anything has gone wrong. */
function metricsNamed(): string[] {
  const texts = ["alerts.yaml", "dashboard.json"].map((file) =>
    readFileSync(join(CONFIGURATIONS, file), "utf8"),
  );
  const queries = texts.join("\n").replaceAll(/\bby \([^)]*\)/g, "");
  const names = queries.matchAll(/\b(?:error_tree|otelcol|traces_span_metrics)_\w+(?=[[{)\s])/g);
  const onFailure = /send_failed|enqueue_failed/;
  return [...new Set([...names].map(([name]) => name))].filter((name) => !onFailure.test(name));
}

/** Traces that the tail sampler has decided on. */
async function decisions(gateway: Collector): Promise<{ readonly sum: number }> {
  const metrics = await gateway.metrics();
  return { sum: metrics.sum("otelcol_processor_tail_sampling_global_count_traces_sampled_total") };
}

const SPAN_WITH_SECRETS = {
  name: "GET https://bob:hunter2@db.internal/orders",
  error: true,
  message: "connect to postgres://app:s3cr3t@p@db:5432 failed",
  attributes: {
    "url.full": "https://bob:hunter2@shop.internal/orders?page=2",
    "http.request.header.authorization": "Bearer s3cr3t.s3cr3t.s3cr3t",
    "app.note": "password=hunter2 and 4111 1111 1111 1111",
    "app.list": ["token=s3cr3ts3cr3t"],
    "db.system.name": "postgresql",
    "db.query.text": "SELECT * FROM users WHERE email = 'jane@example.com' AND id = 4111",
    "error_tree.fingerprint": "4111111111111111",
    "error_tree.text": "failed: shop GET internal: Bearer s3cr3ts3cr3t rejected",
    "http.response.status_code": 500,
  },
  events: [
    {
      name: "exception",
      attributes: { "exception.message": "duplicate key: Key (email)=(jane@example.com) already exists" },
    },
  ],
};
