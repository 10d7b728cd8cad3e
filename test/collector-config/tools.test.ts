// `npm run tools` as a person meets it, where something is missing or wrong.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { PINS } from "../../collector-config/tools/files.ts";
import { runNode } from "../support/process/node-process.ts";

const MAIN = join(PINS, "main.ts");
const EMPTY = mkdtempSync(join(tmpdir(), "error-tree-no-programs-"));

afterAll(() => rmSync(EMPTY, { recursive: true }));

/** Runs it where no program is on the path, and nothing has been brought yet. */
async function run(...args: string[]): Promise<{
  readonly code: number | null;
  readonly out: string;
  readonly problem: string;
}> {
  const env = { PATH: EMPTY, ERROR_TREE_TOOLS: EMPTY };
  const { code, out, err } = await runNode(MAIN, { args, env });
  return { code, out, problem: err };
}

describe("npm run tools", async () => {
  test("prints how it is used", async () => {
    expect(await run("--help")).toMatchObject({
      code: 0,
      out: expect.stringContaining("--only"),
      problem: "",
    });
  });

  test.each([
    ["collector", "the Collector is built from source: Go 1.25 or newer must be on the path"],
    ["jaeger", "Jaeger is built from source: Go 1.25 or newer must be on the path"],
    ["kafka", "Kafka needs java on the path"],
    ["elasticmq", "ElasticMQ needs java on the path"],
    ["ferretdb", "is built from source: Go 1.25 or newer must be on the path"],
    ["prometheus", "Prometheus must be on the path"],
  ])("says in one sentence what %s needs", async (name, sentence) => {
    const { code, problem } = await run("--only", name);
    expect(code).toBe(1);
    expect(problem.trim().split("\n")).toEqual([expect.stringContaining(sentence)]);
  });

  test("refuses tools and options that it does not know", async () => {
    expect(await run("--only", "collector,grafana")).toMatchObject({
      code: 1,
      problem: '--only knows prometheus, elasticmq, kafka, ferretdb, collector, jaeger, got "grafana"\n',
    });
    expect(await run("--onyl", "jaeger")).toMatchObject({
      code: 1,
      problem: expect.stringContaining("--onyl"),
    });
  });

  test("a check without the programs fails, and says which one is missing", async () => {
    const { code, problem } = await run("--check", "--only", "prometheus");
    expect(code).toBe(1);
    expect(problem).toContain("promtool is not here: npm run tools -- --only prometheus");
  });
});
