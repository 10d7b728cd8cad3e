// Messages through a queue: which of their spans make one tree, in the process and as a reader of a backend sees them.
import { describe, expect, it } from "vitest";
import { buildTrees } from "../../src/tree/build.ts";
import { jaegerAnswer, otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";
import { expectedNode, projected, queueCases, recordsOf, spansOf } from "../support/semantics.ts";

describe("the trees of messages", () => {
  for (const test of queueCases()) {
    it(test.name, () => {
      const trees = buildTrees(recordsOf(test));
      expect(trees.map(({ root }, i) => projected(root, test.trees[i]))).toEqual(
        test.trees.map(expectedNode),
      );
    });

    it.each([
      ["OTLP JSON", otlpRequest],
      ["Jaeger JSON", jaegerAnswer],
    ])(`${test.name}, through render of %s`, async (_, write) => {
      const input = JSON.stringify(write(spansOf(test)));
      const run = await runCli(["render", "--format", "json", "--each"], input);
      const printed = JSON.parse(run.out) as { readonly root: { service: string; operation: string } }[];
      const names = ({ service, operation }: { service: string; operation: string }) => [service, operation];
      expect(printed.map(({ root }) => names(root))).toEqual(test.trees.map(names));
    });
  }
});
