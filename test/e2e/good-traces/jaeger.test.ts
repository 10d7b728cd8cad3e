// A failing request beside the good one that the trickle took, in a real Jaeger behind a real Collector: nothing else is sampled.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { type SinglePipeline, startSinglePipeline } from "../../../collector-config/run/single.ts";
import { until } from "../../../collector-config/run/until.ts";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";
import { untilTrace } from "../../../examples/lab/stored-span.ts";
import { limitsVariable } from "../../support/limits.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { runCli } from "../../support/run-cli.ts";
import { ask } from "../../support/services.ts";

const TIMEOUT_MS = 120_000;
const missing = [PROGRAMS.collector, PROGRAMS.jaeger].filter((path) => !existsSync(path));

describe.skipIf(missing.length > 0)("in Jaeger (needs npm run tools)", { timeout: TIMEOUT_MS }, () => {
  const undo = new Undo();
  let pipeline: SinglePipeline;

  beforeAll(async () => {
    pipeline = await startSinglePipeline();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await undo.all();
    await pipeline?.stop();
  }, TIMEOUT_MS);

  function start(name: string, env: Readonly<Record<string, string>>): Promise<NodeProcess> {
    return NodeProcess.listening(new URL("./relay.ts", import.meta.url), {
      name,
      imports: [new URL("../../support/services-otel.ts", import.meta.url)],
      undo,
      env: {
        ...{ SERVICE_NAME: name, NODE_ENV: "test", OTEL_TRACES_SAMPLER: "parentbased_always_off" },
        OTEL_EXPORTER_OTLP_ENDPOINT: pipeline.collector.otlpHttp,
        OTEL_BSP_SCHEDULE_DELAY: "10",
        ...limitsVariable({ settleMs: 100, exportDelayMs: 0 }),
        ...env,
      },
    });
  }

  /** Traces of the service whose root has the mark with this value. */
  async function marked(value: boolean): Promise<string[]> {
    const tag = `error_tree.good_trace:${value}`;
    const search = new URLSearchParams({ service: "app", operation: "GET /devices/:id", tag });
    const answer = await fetch(`${pipeline.jaeger.queryUrl}/api/traces?${search}`);
    const { data } = (await answer.json()) as { data: { traceID: string }[] };
    return data.map(({ traceID }) => traceID);
  }

  test("render --compare finds the good trace by itself, and names the call that is missing", async () => {
    const hub = await start("hub", { ROUTES: "/register /state" });
    const app = await start("app", {
      ROUTES: "/devices/:id",
      OTEL_ERROR_TREE_GOOD_TRACE_INTERVAL_MS: "600000",
    });
    const to = (path: string): string => `to=${encodeURIComponent(`${hub.url}${path}`)}`;
    const whole = `${to("/register")}&${to("/state")}`;
    const good: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { status, traceId } = await ask(app, `/devices/${i}?${whole}`);
      expect(status).toBe(200);
      good.push(traceId);
    }
    const failing = await ask(app, `/devices/7?${to("/state?status=412")}`);
    expect(failing.status).toBe(500);
    const { queryUrl } = pipeline.jaeger;
    await untilTrace(queryUrl, failing.traceId, 3);
    await until("Jaeger has the good trace", async () => (await marked(true)).length > 0);
    expect(await marked(true)).toEqual([good[1]]);
    expect(await marked(false)).toEqual([]);
    // SERVER and two CLIENT spans of app, two SERVER spans of hub.
    await untilTrace(queryUrl, good[1] as string, 5);

    const { out, err, code } = await runCli([
      "render",
      "-j",
      queryUrl,
      "--trace",
      failing.traceId,
      "--compare",
    ]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(new RegExp(`^beside {2}trace ${good[1]} of .*: the newest that did not fail$`, "m"));
    expect(out).toMatch(
      /^first difference: app does not call hub GET \/register; in the other trace it does$/m,
    );
  });
});
