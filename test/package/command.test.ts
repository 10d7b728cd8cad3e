// The packed library in an empty folder, with nothing else: the command starts and works without any of the peers.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../collector-config/program/undo.ts";
import { install } from "../support/installed/install.ts";

const run = promisify(execFile);
const TRACE = fileURLToPath(new URL("../cli/corpus/otlp-spring.json", import.meta.url));

describe("the command, installed alone", () => {
  const undo = new Undo();
  let folder = "";
  beforeAll(async () => {
    folder = await install({ undo });
  });
  afterAll(() => undo.all());

  test("brings commander and nothing else", () => {
    const names = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
    expect(names.sort()).toEqual(["commander", "otel-error-tree"]);
  });

  test.each(["otel-error-tree", "error-tree"])("starts as %s, and reads a trace", async (name) => {
    const { stdout } = await run(join(folder, "node_modules/.bin", name), ["render", TRACE], { cwd: folder });
    expect(stdout).toMatch(/^FAILED {2}trace /);
  });
});
