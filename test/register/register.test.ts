// A program that knows nothing of OpenTelemetry answers with its tree when it is started with `register`.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeProcess } from "../support/process/node-process.ts";

const QUIET = {
  OTEL_TRACES_EXPORTER: "none",
  OTEL_METRICS_EXPORTER: "none",
  OTEL_LOGS_EXPORTER: "none",
};

describe.each(["express.mjs", "express.cjs"])("%s under register", (file) => {
  let service: NodeProcess;
  beforeAll(async () => {
    service = await NodeProcess.listening(new URL(`./programs/${file}`, import.meta.url), {
      imports: ["otel-error-tree/register"],
      env: { ...QUIET, OTEL_SERVICE_NAME: "checkout", OTEL_ERROR_TREE_TRUST: "loopback" },
    });
  });
  afterAll(() => service.stop());

  test("the answer has route, message, frame and child", async () => {
    const response = await fetch(`${service.url}/orders/7`, { headers: { "x-error-tree": "v=1, f=json" } });
    expect(response.status).toBe(500);
    const tree = JSON.parse(response.headers.get("x-error-tree") ?? "");
    expect(tree).toMatchObject({
      service: "checkout",
      operation: "GET /orders/:id",
      code: "internal",
      type: "TypeError",
      error: "the payment was refused",
      frames: [expect.stringContaining(`programs/${file}:`)],
      children: [{ service: "checkout", operation: "GET /pay", code: "permission-denied" }],
    });
  });
});
