// `npm run tools` as a person meets it, where something is missing or wrong.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { PINS } from "../../collector-config/tools/files.ts";

const MAIN = join(PINS, "main.ts");
const EMPTY = mkdtempSync(join(tmpdir(), "error-tree-no-programs-"));

afterAll(() => rmSync(EMPTY, { recursive: true }));

/** Runs it where no program is on the path, and nothing has been brought yet. */
function run(...args: string[]): {
  readonly code: number | null;
  readonly out: string;
  readonly problem: string;
} {
  const env = { PATH: EMPTY, ERROR_TREE_TOOLS: EMPTY };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env });
  return { code: status, out: stdout, problem: stderr };
}

describe("npm run tools", () => {
  test("tells how it is used", () => {
    expect(run("--help")).toMatchObject({ code: 0, out: expect.stringContaining("--only"), problem: "" });
  });

  test.each([
    ["collector", "the Collector is built from source: Go 1.25 or newer must be on the path"],
    ["jaeger", "Jaeger is built from source: Go 1.25 or newer must be on the path"],
    ["kafka", "Kafka needs java on the path"],
    ["prometheus", "Prometheus must be on the path"],
  ])("says in one sentence what %s needs", (name, sentence) => {
    const { code, problem } = run("--only", name);
    expect(code).toBe(1);
    expect(problem.trim().split("\n")).toEqual([expect.stringContaining(sentence)]);
  });

  test("refuses tools and options that it does not know", () => {
    expect(run("--only", "collector,grafana")).toMatchObject({
      code: 1,
      problem: '--only knows prometheus, kafka, collector, jaeger, got "grafana"\n',
    });
    expect(run("--onyl", "jaeger")).toMatchObject({ code: 1, problem: expect.stringContaining("--onyl") });
  });

  test("a check without the programs fails, and says which one is missing", () => {
    const { code, problem } = run("--check", "--only", "prometheus");
    expect(code).toBe(1);
    expect(problem).toContain("promtool is not here: npm run tools -- --only prometheus");
  });
});
