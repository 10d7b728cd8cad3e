// What of a request should be exported, drawn from what the services say they did, where the limiter lets all out.
import { type TreeNode, type Verdict, verdictOf } from "otel-error-tree";
import { type Accounts, drawTree, type ExpectedNode } from "./expected-tree.ts";

/** What a call came to. */
export function expectedVerdict(accounts: Accounts, call = "0"): Verdict {
  const tree = drawTree(accounts, call);
  return tree === undefined ? "ok" : verdictOf(nodeOf(tree));
}

/**
 * How many spans of each service a trace should have; none where nothing of it should be exported.
 *
 * A service exports its part of a request where that failed, or where a part beneath it is exported: one span for the
 * request, one for each of its calls. Of every other part the caller writes the nodes, which come with the answer.
 */
export function expectedSpans(accounts: Accounts): Map<string, number> {
  const spans = new Map<string, number>();
  if (!isExported(accounts, "0")) return spans;
  for (const service of servicesOfSpans(accounts, "0")) spans.set(service, (spans.get(service) ?? 0) + 1);
  return spans;
}

/** The service of every span from a call on downwards. */
function* servicesOfSpans(accounts: Accounts, call: string): Generator<string> {
  const account = accounts.get(call);
  const tree = drawTree(accounts, call);
  if (account === undefined || tree === undefined) return;
  if (!isExported(accounts, call)) {
    yield* servicesOfNodes(tree);
    return;
  }
  yield account.service;
  for (const beneath of account.calls) {
    yield account.service;
    yield* servicesOfSpans(accounts, beneath.call);
  }
}

function* servicesOfNodes({ service, children }: ExpectedNode): Generator<string> {
  yield service;
  for (const child of children) yield* servicesOfNodes(child);
}

function isExported(accounts: Accounts, call: string): boolean {
  if (expectedVerdict(accounts, call) === "failed") return true;
  return (accounts.get(call)?.calls ?? []).some((beneath) => isExported(accounts, beneath.call));
}

function nodeOf({ service, code, count, children }: ExpectedNode): TreeNode {
  return { service, operation: "", code, count, children: children.map(nodeOf) };
}
