// The packed library in an empty folder, with nothing else: the command starts and works without any of the peers, and the library says which one it misses.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../collector-config/program/undo.ts";
import { install } from "../support/installed/install.ts";
import { runNode } from "../support/process/node-process.ts";

const run = promisify(execFile);
const TRACE = fileURLToPath(new URL("../cli/corpus/otlp-spring.json", import.meta.url));

describe("the command, installed alone", () => {
  const undo = new Undo();
  let folder = "";
  beforeAll(async () => {
    folder = await install({ undo });
  });
  afterAll(() => undo.all());

  test("brings commander, yaml and nothing else", () => {
    const names = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
    expect(names.sort()).toEqual(["commander", "otel-error-tree", "yaml"]);
  });

  test.each(["otel-error-tree", "error-tree"])("starts as %s, and reads a trace", async (name) => {
    const { stdout } = await run(join(folder, "node_modules/.bin", name), ["render", TRACE], { cwd: folder });
    expect(stdout).toMatch(/^FAILED {2}trace /);
  });

  test("without the peers the library is not imported, and the error names the first that is missing", async () => {
    const { code, err } = await runNode("--input-type=module", {
      args: ["-e", 'import "otel-error-tree"'],
      cwd: folder,
    });
    expect(code).toBe(1);
    expect(err).toMatch(/Cannot find package '@opentelemetry\/[a-z-]+' imported from .*\/otel-error-tree\//);
  });

  test("without the peers register says what to install, and the program runs", async () => {
    const flags = ["--import", "otel-error-tree/register", "-e", "process.stdout.write('runs')"];
    const { code, out, err } = await runNode(flags[0] as string, { args: flags.slice(1), cwd: folder });
    expect([code, out]).toEqual([0, "runs"]);
    expect(err).toMatch(/^otel-error-tree: .*npm install @opentelemetry\/api @opentelemetry\/core /);
  });
});
