import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { jaegerAnswer, otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";
import { type CaseNode, expectedNode, semanticsCases, spansOf } from "../support/semantics.ts";

interface PrintedTree {
  verdict: string;
  cause: string[];
  root: CaseNode;
}

/** The printed node with its defaults, and only those optional keys that the case speaks of. */
function projected(node: CaseNode, expected: CaseNode | undefined): CaseNode {
  const keys = Object.keys(expected ?? {}).filter((key) => key !== "children");
  return {
    service: node.service,
    operation: node.operation,
    ...Object.fromEntries(keys.map((key) => [key, node[key]])),
    count: node.count ?? 1,
    unanswered: node.unanswered ?? false,
    opaque: node.opaque ?? false,
    survived: node.survived ?? false,
    children: (node.children ?? []).map((child, i) => projected(child, expected?.children?.[i])),
  };
}

const FORMATS: readonly [string, (spans: readonly SpanFacts[]) => object][] = [
  ["OTLP JSON", otlpRequest],
  ["Jaeger JSON", jaegerAnswer],
  ["an answer of Jaeger's v3 API", (spans) => ({ result: otlpRequest(spans) })],
];

for (const [format, write] of FORMATS) {
  describe(`the meaning of the tree, through render of ${format}`, () => {
    for (const test of semanticsCases()) {
      it(test.name, async () => {
        const run = await runCli(["render", "--format", "json"], JSON.stringify(write(spansOf(test))));
        expect(run.code).toBe(0);
        const [tree, ...more] = JSON.parse(run.out) as PrintedTree[];
        expect(more).toEqual([]);
        if (test.tree === "none") {
          expect(tree).toBeUndefined();
          expect(run.err).toContain("nothing failed");
          return;
        }
        if (tree === undefined) throw new Error("no tree");
        expect(projected(tree.root, test.tree)).toEqual(expectedNode(test.tree));
        if (test.verdict !== undefined) expect(tree.verdict).toBe(test.verdict);
        if (test.cause !== undefined) expect(tree.cause).toEqual(test.cause);
      });
    }
  });
}

describe("render", () => {
  it("gives the same tree for any order of the spans and any split over several requests", async () => {
    for (const test of semanticsCases()) {
      const spans = spansOf(test);
      const { out: expected } = await runCli(["render", "-f", "json"], JSON.stringify(otlpRequest(spans)));
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray(spans, { minLength: spans.length }),
          fc.array(fc.nat(spans.length), { maxLength: 3 }),
          async (shuffled, cuts) => {
            const edges = [0, ...cuts.sort((a, b) => a - b), spans.length];
            const requests = edges.slice(1).map((to, i) => otlpRequest(shuffled.slice(edges[i], to)));
            const lines = requests.map((request) => JSON.stringify(request)).join("\n");
            expect((await runCli(["render", "-f", "json"], lines)).out).toBe(expected);
          },
        ),
        { numRuns: 5 },
      );
    }
  });
});
