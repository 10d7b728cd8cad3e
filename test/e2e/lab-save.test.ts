// What the lab saved, through the command line: spans and headers tell the same trees.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runLab } from "../support/lab-process.ts";
import { runCli } from "../support/run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "error-tree-save-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface PrintedNode {
  readonly children: readonly PrintedNode[];
  readonly [key: string]: unknown;
}

/** A node without what only one of the two can know: ids are never sent, exports are no part of spans. */
function comparable({ spanId: _, forced: __, children, ...rest }: PrintedNode): unknown {
  return { ...rest, children: children.map(comparable) };
}

it("spans and headers that the lab saved render to the same trees", async () => {
  const { exitCode } = await runLab("--once", "--port", "0", "--save", folder);
  expect(exitCode).toBe(0);
  const [spans, headers] = await Promise.all(
    ["otlp.ndjson", "headers.txt"].map(async (file) => {
      const run = await runCli(["render", "-f", "json"], readFileSync(join(folder, file)));
      expect([run.code, run.err]).toEqual([0, ""]);
      return JSON.parse(run.out) as { verdict: string; cause: unknown; root: PrintedNode }[];
    }),
  );
  const view = (trees: typeof spans) =>
    (trees ?? [])
      .map(({ verdict, cause, root }) => ({ verdict, cause, root: comparable(root) }))
      .sort((a, b) => (a.verdict < b.verdict ? -1 : 1));
  expect(view(headers).map(({ verdict }) => verdict)).toEqual(["failed", "handled"]);
  expect(view(spans)).toEqual(view(headers));
});
