import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SpanFacts } from "../../src/spans/span-record.ts";
import { jaegerAnswer, otlpRequest } from "../support/files.ts";
import { runCli } from "../support/run-cli.ts";
import { type CaseNode, causeCases, expectedNode, semanticsCases, spansOf } from "../support/semantics.ts";

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

describe("render --every-span", () => {
  const cases = [...semanticsCases(), ...causeCases()].filter(({ cause }) => cause !== undefined);
  for (const { name, cause, spans } of cases) {
    it(`tells the same cause: ${name}`, async () => {
      const input = JSON.stringify(otlpRequest(spansOf({ spans })));
      const [merged] = JSON.parse((await runCli(["render", "-f", "json"], input)).out);
      const [every] = JSON.parse((await runCli(["render", "-f", "json", "-e"], input)).out);
      const [service, operation, ...sure] = every.cause;
      expect([service, ...sure]).toEqual([merged.cause[0], ...merged.cause.slice(2)]);
      // Where spans became one node the innermost of them stands for it.
      if (operation !== cause?.[1]) expect(JSON.stringify(merged.root)).toContain(`"at":"${operation}"`);
    });
  }
});

describe("render --explain", () => {
  it("says of each failure which principle decided, and for the root cause why it is that one", async () => {
    const test = semanticsCases().find(({ name }) => name.startsWith("an optional call that failed first"));
    const input = JSON.stringify(otlpRequest(spansOf(test as NonNullable<typeof test>)));
    const { out } = await runCli(["render", "--explain"], input);
    const lines = out.split("\n").map((line) => line.replace(/^[│├└─ ]+/, ""));
    expect(lines).toContain("because     the error of shop names prices:80");
    expect(lines).toContain("report: did not stop shop, for the error of shop names another failure");
    expect(lines).toContain("report: what stopped shop, for the error of shop names prices:80");
    const { out: plain } = await runCli(["render"], input);
    expect(plain).toContain("because     the error of shop names prices:80");
    expect(plain).not.toContain("report:");
    const [tree] = JSON.parse((await runCli(["render", "-f", "json", "--explain"], input)).out);
    expect(tree.root.children[0].because).toEqual([
      "report: did not stop shop, for the error of shop names another failure",
    ]);
  });

  it("names what else may be the cause", async () => {
    const test = semanticsCases().find(({ name }) => name.startsWith("two faults side by side"));
    const input = JSON.stringify(otlpRequest(spansOf(test as NonNullable<typeof test>)));
    const { out } = await runCli(["render"], input);
    expect(out).toContain("or          prices GET /price unavailable (also failed, in parallel)");
  });
});

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
