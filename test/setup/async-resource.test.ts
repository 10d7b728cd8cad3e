// A request that fails while resource detectors are still running, as those of clouds do for seconds.
import http from "node:http";
import { diag } from "@opentelemetry/api";
import { AlwaysOffSampler, AlwaysOnSampler } from "@opentelemetry/sdk-trace";
import { expect, onTestFinished, test } from "vitest";
import { readErrorTree } from "../../src/program/read.ts";
import { withErrorTree } from "../../src/setup.ts";
import { KeptSpans } from "../support/sdk.ts";
import { listen, request } from "../support/sdk-http.ts";
import { startSdk } from "../support/sdk-parts.ts";

test("the answer names the service, and the log of the SDK has no complaint", async () => {
  const lines: string[] = [];
  const add = (line: string): void => void lines.push(line);
  diag.setLogger({ error: add, warn: add, info() {}, debug() {}, verbose() {} });
  onTestFinished(() => diag.disable());
  let detected = (_: string): void => {};
  const hostId = new Promise<string>((resolve) => {
    detected = resolve;
  });
  startSdk({
    ...withErrorTree(
      { sampler: new AlwaysOffSampler(), traceExporter: new KeptSpans() },
      { trust: "loopback", frames: false },
    ),
    autoDetectResources: true,
    resourceDetectors: [{ detect: () => ({ attributes: { "host.id": hostId } }) }],
  });
  const port = await listen(http.createServer((_, res) => void res.writeHead(500).end()));
  const response = await request(port, "/", { "x-error-tree": "v=1, f=json" });
  expect(JSON.parse(response.field("x-error-tree") ?? "{}")).toMatchObject({
    service: "shop",
    code: "internal",
  });
  expect(readErrorTree(response.field("x-error-tree") ?? "")?.root.service).toBe("shop");
  expect(lines).toEqual([]);
  detected("host");
});

/** An exporter that takes nothing after its shutdown, as Zipkin's. */
class ClosingExporter extends KeptSpans {
  override export(...[batch, done]: Parameters<KeptSpans["export"]>): void {
    if (this.shutdowns === 0) super.export(batch, done);
    else done({ code: 1, error: new Error("Exporter has been shutdown") });
  }
}

test("a head-sampled request is exported at the shutdown, before the exporter is closed", async () => {
  let detected = (_: string): void => {};
  const hostId = new Promise<string>((resolve) => {
    detected = resolve;
  });
  const exporter = new ClosingExporter();
  const sdk = startSdk({
    ...withErrorTree({ sampler: new AlwaysOnSampler(), traceExporter: exporter }),
    autoDetectResources: true,
    resourceDetectors: [{ detect: () => ({ attributes: { "host.id": hostId } }) }],
  });
  const port = await listen(http.createServer((_, res) => void res.writeHead(500).end()));
  await request(port, "/");
  const over = sdk.shutdown();
  // What is closed without waiting is closed by now.
  for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  detected("host");
  await over;
  expect(exporter.spans.map(({ attributes }) => attributes["error_tree.verdict"])).toEqual(["failed"]);
  expect(exporter.shutdowns).toBe(1);
});
