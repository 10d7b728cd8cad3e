// The meaning of the tree, at the door of real processes: services that talk HTTP perform the cases.
import { rootCauseOf, verdictOf } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import type { TreeNode } from "../../../src/tree/tree.ts";
import { limitsVariable } from "../../support/limits.ts";
import { runCli } from "../../support/run-cli.ts";
import {
  type CaseNode,
  expectedNode,
  projected,
  type SemanticsCase,
  semanticsCases,
} from "../../support/semantics.ts";
import { type Service, startService } from "../../support/services.ts";
import { closedPort } from "../../support/sockets.ts";
import { type Performed, Stage } from "./perform.ts";

/** Cases in which all services talk HTTP, and in which nothing happens that a real client cannot be brought to do. */
const NAMES: readonly string[] = [
  "nothing failed, no tree",
  "a service that fails by itself is its own root cause",
  "a failure passes through two services, the client spans are edges and no nodes",
  "the lab's fail-close run, a rejection that changed its code on the way is a failure with drift",
  "a rejection passed on unchanged stays a rejection",
  "a rejection that hides a fault is a failure",
  "a service that fails open has handled the failure beneath",
  "only the nearest service handled it, those above are merely on the way",
  "a failure above a handled one is a failure of its own",
  "a retry that succeeds, the failed attempts are equal and collapse",
  "failures of one service that differ stay apart, in the order in which they failed",
  "equal siblings need not stand side by side to collapse, the earliest keeps the place",
  "answered by one who takes no part",
  "inner spans of one service that fail in one line are one node, at the innermost",
  "inner spans that branch are nodes of their own",
  "an inner span without a status is transparent",
  "an inner span that says OK has handled what failed beneath",
  "an exception event on a span that ended without a status is a failure",
  "an exception noted on a request that was answered well is no failure",
  "an error status on a request answered with 200 is a failure",
  "a wide fan-out of one failure is one node",
  "a service calling itself is an edge like any other",
  "a redirect followed is no failure",
  "a rejection thrown inside is a rejection, not a fault without a code",
  "inner spans that branch beneath a rejection have its code",
  "a call that reports the failure does not unmake the cause, though it makes it less sure",
  "a mistake of the program above a failure that may have led to it is the cause, and not a sure one",
  "a retry that failed again is one node and the cause",
  "the loser of a hedge, given up by the caller, is no failure",
  "a compensation that is rejected is not the cause, the fault before it is",
  "the rejection of a second source that is what the caller was told is the cause",
  "a fault above nothing but rejections may be a fault of its own",
  "an optional call that failed first, beside the one whose address the error names, was survived",
  "the same by the status that the error names, where the address tells nothing",
  "two faults side by side and nothing that tells which stopped the request",
  "beneath a fault a fault goes before a rejection, though the rejection came first",
  "a failing report in the handler of a failure whose address the error names",
  "axios - Request failed with status code 404, one child 404, node 500",
  "fire-and-forget analytics fails after the answer, handler threw an own Error",
  "fire-and-forget begins and fails after the answer",
  "saga, compensation fails with a fault",
  "saga, compensation succeeds, no text",
  "BFF allSettled, required fails first, a chained optional call fails later",
  "BFF allSettled, required fails, parallel branch goes on and succeeds",
  "shared dependency - two services fail because of one auth service",
  "expired token towards an internal service, 500",
  "fetch failed, but the status description is a text of the program",
  "fixed status description hides the exception's text that tells the cause",
  "folding - the outer's mistake above an inner failure",
  "lookup 404 treated as data, create succeeds, own failure without text",
  "the text of a grandchild comes up through a child without a text",
  "TimeoutError above a timeout and a 503, nothing else tells",
  "Promise.all of 503 and 404, told 404",
  "circuit breaker open, own error",
  "number in the text that is no status",
  "a retry succeeded in the middle, then a different step failed",
  "retry succeeded, then own recorded error",
  "an error that left a layer of the server span is what stopped it, a report that fails afterwards is not (Express, error middleware)",
  "hooks that run after the handler are not going on, only calls are (Fastify, onSend)",
  "a client error of the caller's own input is no mistake of the program (body parser)",
  "a double answer is a mistake of the program",
];

/** As many services as a case has at most. */
const PROCESSES = 5;

const cases = semanticsCases();
const services: Service[] = [];
const performed = new Map<string, Performed>();
const rendered = new Map<string, PrintedTree>();
const requests: string[] = [];
let receiver: Receiver;

interface PrintedTree {
  readonly traceId: string;
  readonly verdict: string;
  readonly cause: readonly string[];
  readonly root: TreeNode;
}

beforeAll(async () => {
  receiver = await startReceiver({ onRequest: (json) => requests.push(json) });
  const program = new URL("./performer.ts", import.meta.url);
  const env = limitsVariable({ exportDelayMs: 0 });
  services.push(
    ...(await Promise.all(
      Array.from({ length: PROCESSES }, (_, i) =>
        startService(program, { name: `service-${i}`, receiver, env }),
      ),
    )),
  );
  const stage = new Stage(services, await closedPort());
  await stage.listen();
  for (const name of NAMES) {
    const test = caseOf(name);
    const told = await stage.perform(test);
    performed.set(name, told);
    if (told.exported) await receiver.waitForSpans(told.traceId, 1, 15_000);
  }
  await stage.close();
  await Promise.all(services.map((service) => service.ask("shutdown")));
  const { out } = await runCli(["render", "--format", "json"], requests.join("\n"));
  for (const tree of JSON.parse(out) as PrintedTree[]) rendered.set(tree.traceId, tree);
}, 300_000);

afterAll(async () => {
  const printed = await Promise.all(services.map((service) => service.stop()));
  await receiver.close();
  expect(printed.join("")).toBe("");
});

function caseOf(name: string): SemanticsCase {
  const test = cases.find((one) => one.name === name);
  if (test === undefined) throw new Error(`there is no case "${name}"`);
  return test;
}

/** The names of the case in place of those of the processes. */
function renamed(node: TreeNode, names: ReadonlyMap<string, string>): TreeNode {
  const children = node.children.map((child) => renamed(child, names));
  return { ...node, service: names.get(node.service) ?? node.service, children };
}

describe.each(NAMES)("%s", (name) => {
  const test = caseOf(name);

  it("in the head of the answer", () => {
    const { tree, names, isLate } = performed.get(name) as Performed;
    if (test.tree === "none") {
      expect(tree).toBeUndefined();
      return;
    }
    if (tree === undefined) throw new Error("no tree");
    const root = renamed(tree.root, names);
    if (!isLate) expect(projected(root, test.tree)).toEqual(expectedNode(test.tree));
    if (test.verdict !== undefined) expect(verdictOf(root)).toBe(test.verdict);
    expectCause(root);
  });

  it("in the spans that are exported", () => {
    const { traceId, names, exported } = performed.get(name) as Performed;
    const printed = rendered.get(traceId);
    if (!exported) {
      expect(printed).toBeUndefined();
      return;
    }
    if (printed === undefined) throw new Error("nothing was exported");
    const root = renamed(printed.root, names);
    expect(projected(root, test.tree as CaseNode)).toEqual(expectedNode(test.tree as CaseNode));
    expectCause(root);
  });

  function expectCause(root: TreeNode): void {
    if (test.cause === undefined) return;
    const { node, ambiguous } = rootCauseOf(root);
    expect([node.service, node.operation, ...(ambiguous ? ["ambiguous"] : [])]).toEqual(test.cause);
  }
});
