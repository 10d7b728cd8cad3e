// The example of a plan: it says while it runs what has failed, and at its end which step it failed by.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { printedOn } from "../../support/printed.ts";
import { NodeProcess } from "../../support/process/node-process.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

test("the plan of forty steps is told while it runs, and at its end", async () => {
  const plan = new NodeProcess(`${ROOT}/examples/plan/main.ts`, {
    args: ["--speed", "300"],
    cwd: ROOT,
    channel: false,
    env: { OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" },
  });
  expect(await plan.exited).toMatchObject({ exitCode: 0 });
  const { out, err } = plan;
  expect(err).toBe("");
  expect(out).toMatch(/\nso far: robot night shift ok {2}\[handled\]\n.─ robot grip failed ×2/);
  const [, end = ""] = /\nat the end:\n([\s\S]*?)\n\n/.exec(out) ?? [];
  expect(end).toMatch(/└─ robot aisle 10 at carry it to the gate failed: RangeError: .*<- root cause/);
  expect(end).toBe(printedOn("../examples/plan/README.md", "end", end));
  expect(out).toMatch(/spans exported at the end: 54; reports while it ran: [1-9]\d*\n$/);
});

test("a speed that is none is refused", async () => {
  const plan = new NodeProcess(`${ROOT}/examples/plan/main.ts`, {
    args: ["--speed", "fast"],
    channel: false,
  });
  expect(await plan.exited).toMatchObject({ exitCode: 2 });
});
