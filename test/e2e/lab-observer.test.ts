// Thousands of requests with random failures, each tree compared with what an independent observer would draw.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { differences, drawTree, type ExpectedNode, everyCall } from "../../examples/lab/expected-tree.ts";
import { type LabAnswer, startLab } from "../../examples/lab/lab.ts";
import { parseTopology } from "../../examples/lab/topology.ts";
import { countNodes, nodesOf, rootCauseOf, type TreeNode } from "../../src/tree/tree.ts";

const TIMEOUT_MS = 300_000;
const IN_FLIGHT = 16;
const SEVEN = readFileSync(new URL("../../examples/lab/topologies/seven.yaml", import.meta.url), "utf8");
/** The same call tree, but its leaves fail more often than not and everybody tries three times: trees beyond their room. */
const STORM = SEVEN.replaceAll("failRate: 0.1", "failRate: 0.6")
  .replace("    retries: 1\n", "")
  .replaceAll(/^ *downstreams: .*$/gm, "$&\n    retries: 2");

/** An answer with the tree that the observer draws for it. */
interface Observed {
  readonly answer: LabAnswer;
  readonly expected: ExpectedNode | undefined;
  /** The same with every failed call as a node of its own. */
  readonly whole: ExpectedNode | undefined;
}

describe("the tree at the entry of seven services", { timeout: TIMEOUT_MS }, () => {
  test("equals the observer's for each of 10,000 mixed requests", async () => {
    const observed = await observe(SEVEN, 10_000, 2048);
    const wrong = observed.flatMap(({ answer, expected }) =>
      differences(expected, answer.tree?.root).map((difference) => `${answer.requestId}: ${difference}`),
    );
    expect(wrong.slice(0, 10)).toEqual([]);
    expect(
      observed.filter(({ answer }) => answer.tree !== undefined && hasCutMessage(answer.tree.root)),
    ).toEqual([]);
    expect(observed.filter(({ answer }) => (answer.tree?.omitted ?? 0) > 0)).toEqual([]);
    // The comparison means little where little fails.
    const shapes = new Set(observed.map(({ expected }) => JSON.stringify(expected)));
    expect(shapes.size).toBeGreaterThan(50);
  });

  test("keeps the first root cause and the exact number of omitted nodes if there is less room", async () => {
    const observed = await observe(STORM, 1000, 1024);
    const failing = observed.filter(({ expected }) => expected !== undefined);
    for (const { answer, expected, whole } of failing) {
      const drawn = nodeOf(expected as ExpectedNode);
      const { root, omitted } = answer.tree ?? expect.unreachable(`${answer.requestId}: no tree`);
      const [cause, drawnCause] = [rootCauseOf(root).node, rootCauseOf(nodeOf(whole as ExpectedNode)).node];
      expect([cause.service, cause.code], answer.requestId).toEqual([drawnCause.service, drawnCause.code]);
      expect(countNodes(root) + omitted, answer.requestId).toBe(countNodes(drawn));
    }
    const pruned = failing.filter(({ answer }) => (answer.tree?.omitted ?? 0) > 0);
    expect(pruned.length).toBeGreaterThan(100);
  });
});

/** Sends requests, many at once, of which some spare everybody and some make a service fail open. */
async function observe(topology: string, requests: number, headerBytes: number): Promise<Observed[]> {
  const lab = await startLab(parseTopology(topology, "seven.yaml"), { basePort: 0, headerBytes });
  try {
    const answers: LabAnswer[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < requests; i = next++)
        answers.push(await lab.ask(`request-${i}`, headersOf(i)));
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    const accounts = lab.accounts();
    return answers.map((answer) => {
      const ofRequest = accounts.get(answer.requestId) ?? new Map();
      return { answer, expected: drawTree(ofRequest), whole: drawTree(ofRequest, "0", everyCall) };
    });
  } finally {
    await lab.stop();
  }
}

function headersOf(i: number): Record<string, string> {
  if (i % 10 === 0) return { "x-error-bypass": "true" };
  if (i % 10 === 1) return { "x-force-pass-cart": "true" };
  if (i % 10 === 2) return { "x-force-pass-pay": "true", "x-force-pass-shop": "true" };
  return {};
}

/** Every message of the lab ends with the name of its service. */
function hasCutMessage(root: TreeNode): boolean {
  return [...nodesOf(root)].some(
    ({ message, service }) => message?.endsWith(` in service ${service}`) === false,
  );
}

function nodeOf({ service, code, count, survived, children }: ExpectedNode): TreeNode {
  const node = { service, operation: "GET", code, count, children: children.map(nodeOf) };
  return survived ? { ...node, survived } : node;
}
