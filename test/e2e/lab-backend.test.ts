// `npm run lab -- --backend`, as a person runs it: the real pipeline, started for the lab or running already.
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SinglePipeline, startSinglePipeline } from "../../collector-config/run/single.ts";
import { PROGRAMS } from "../../collector-config/tools/files.ts";
import { readTrace } from "../../examples/lab/stored-span.ts";
import { endOf, runLab, startLabProcess } from "../support/lab-process.ts";

const missing = [PROGRAMS.collector, PROGRAMS.jaeger].filter((path) => !existsSync(path));
const TIMEOUT_MS = 120_000;
const RUNS = /fail-close.*exported: 6 spans .*fail-open.*exported: 6 spans .*success.*exported: nothing/s;

describe.skipIf(missing.length > 0)("the lab (needs npm run tools)", { timeout: TIMEOUT_MS }, () => {
  test("with --backend jaeger starts Collector and Jaeger, says how to look at a trace, and leaves nothing running", async () => {
    const lab = startLabProcess("--port", "0", "--backend", "jaeger");
    const [printed, url = ""] = await lab.prints(
      /^.*jaeger +(http:\S+)\/api\/v3\/traces\/.*Try:.*--trace ID/s,
    );
    expect(printed).toMatch(/^observatory: http:\S+ .*\n\nstarting a Collector and Jaeger\n/);
    expect(printed).toMatch(RUNS);
    const [, shownUrl, traceId = ""] =
      /look at it: npm run -s cli -- render --jaeger (\S+) --trace ([0-9a-f]{32})\n/.exec(printed) ?? [];
    expect(shownUrl).toBe(url);
    expect(await readTrace(url, traceId)).toHaveLength(6);
    lab.signal("SIGINT");
    const { exitCode, output, problems } = await endOf(lab);
    expect(problems).toBe("");
    expect(output).toContain("3 of 3 runs were as expected.");
    expect(exitCode).toBe(0);
    await expect(readTrace(url, traceId)).rejects.toThrow("fetch failed");
  });

  describe("with --backend URL", () => {
    let pipeline: SinglePipeline;
    beforeAll(async () => {
      pipeline = await startSinglePipeline();
    }, TIMEOUT_MS);
    afterAll(() => pipeline.stop());

    test("uses the pipeline that is running, and leaves it running", async () => {
      const { queryUrl } = pipeline.jaeger;
      const otlp = pipeline.collector.otlpHttp;
      const args = ["--once", "--port", "0", "--backend", `${queryUrl}/`, "--otlp", otlp];
      const { exitCode, output, problems } = await runLab(...args);
      expect(problems).toBe("");
      expect(output).toMatch(RUNS);
      expect(exitCode).toBe(0);
      const [, traceId = ""] = new RegExp(`look at it: ${queryUrl}/trace/(\\w+)\n`).exec(output) ?? [];
      expect(await readTrace(queryUrl, traceId)).toHaveLength(6);
    });

    test("says which of the two does not answer", async () => {
      const { queryUrl } = pipeline.jaeger;
      // The other way round, as one may have mistaken the ports.
      const ports = ["--backend", pipeline.collector.otlpHttp, "--otlp", queryUrl];
      const mistaken = await runLab("--once", ...ports);
      expect(mistaken.problems).toMatch(
        /^lab: Jaeger's query API is not at \S+\/services: it answered 404\n$/,
      );
      const page = await runLab("--once", "--backend", queryUrl, "--otlp", queryUrl);
      expect(page.problems).toMatch(/^lab: OTLP over HTTP is not at \S+\/v1\/traces: .* not valid JSON\n$/);
      expect([mistaken.exitCode, page.exitCode]).toEqual([1, 1]);
    });
  });
});

test.runIf(missing.length > 0)("the backends were not tried, for npm run tools has not brought them", () => {
  expect(missing).not.toEqual([]);
});
