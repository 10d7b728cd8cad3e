// Judges what Jaeger has of a request by what the lab's services say they did.

import { expectedSpans, expectedVerdict } from "../../../examples/lab/expected-spans.ts";
import { type Accounts, drawTree, type ExpectedNode } from "../../../examples/lab/expected-tree.ts";
import type { StoredSpan } from "../../../examples/lab/stored-span.ts";
import type { Topology } from "../../../examples/lab/topology.ts";

/** Whether the services' limiters let everything out, or hold most of it back, as the library comes. */
type Limits = "open" | "as installed";

const SAMPLED = 1;

/** What is wrong with the spans of a trace that should be there; none where it is complete and hangs together. */
export function judgeTrace(
  spans: readonly StoredSpan[],
  accounts: Accounts,
  topology: Topology,
  limits: Limits,
): string[] {
  if (spans.length === 0) return ["it is not in Jaeger"];
  return [
    ...(limits === "open" ? wrongCounts(spans, accounts) : missingNodes(spans, accounts)),
    ...wrongConnections(spans, topology),
    ...wrongMarks(spans, accounts),
  ];
}

/** Every span of every service on the failing path, successful ones too, and none of any other. */
function wrongCounts(spans: readonly StoredSpan[], accounts: Accounts): string[] {
  const [expected, found] = [expectedSpans(accounts), spansByService(spans)];
  const services = new Set([...expected.keys(), ...found.keys()]);
  return [...services].flatMap((service) => {
    const [should, is] = [expected.get(service) ?? 0, found.get(service) ?? 0];
    return should === is ? [] : [`${service} should have ${should} spans, has ${is}`];
  });
}

/** At least a span for every node of the tree, whoever has written it. */
function missingNodes(spans: readonly StoredSpan[], accounts: Accounts): string[] {
  const found = spansByService(spans);
  const expected = new Map<string, number>();
  const todo: (ExpectedNode | undefined)[] = [drawTree(accounts)];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    expected.set(node.service, (expected.get(node.service) ?? 0) + 1);
    todo.push(...node.children);
  }
  return [...expected].flatMap(([service, should]) => {
    const is = found.get(service) ?? 0;
    return is >= should ? [] : [`${service} has ${should} nodes in the tree, but ${is} spans`];
  });
}

/** One root, at the entry; every parent there, of the same service or of its caller; no id twice. */
function wrongConnections(spans: readonly StoredSpan[], { root, services }: Topology): string[] {
  const wrong: string[] = [];
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  if (byId.size < spans.length) wrong.push(`${spans.length - byId.size} span ids are there twice`);
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  if (roots.length !== 1 || roots[0]?.service !== root)
    wrong.push(`the root should be of ${root}, found ${roots.map(textOf).join(", ") || "none"}`);
  for (const span of spans) {
    if (span.parentSpanId === undefined) continue;
    const parent = byId.get(span.parentSpanId);
    if (parent === undefined) wrong.push(`the parent of ${textOf(span)} is missing`);
    else if (
      parent.service !== span.service &&
      !services.get(parent.service)?.downstreams.includes(span.service)
    )
      wrong.push(`${textOf(span)} stands beneath ${textOf(parent)}`);
  }
  return wrong;
}

/** All sampled; the root tells the verdict that the services' own words come to. */
function wrongMarks(spans: readonly StoredSpan[], accounts: Accounts): string[] {
  const wrong = spans
    .filter(({ flags }) => ((flags ?? 0) & SAMPLED) === 0)
    .map((span) => `${textOf(span)} is not sampled`);
  const told = spans.find(({ parentSpanId }) => parentSpanId === undefined)?.attributes["error_tree.verdict"];
  const verdict = expectedVerdict(accounts);
  if (told !== verdict) wrong.push(`the root should tell the verdict ${verdict}, tells ${told}`);
  return wrong;
}

function spansByService(spans: readonly StoredSpan[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { service } of spans) counts.set(service, (counts.get(service) ?? 0) + 1);
  return counts;
}

function textOf({ service, name, spanId }: StoredSpan): string {
  return `${service} ${name} (${spanId})`;
}
