// What is wrong with the trace of a flood in the receiver: its cause must be there, and every failure, as a span or a number.
import type { ArrivedSpan } from "../storm/arrivals.ts";
import type { Row } from "./rows.ts";

/** How a failing trace arrived. */
export interface Judged {
  readonly spans: number;
  /** Nodes with a span. */
  readonly told: number;
  /** Nodes that are said to be missing. */
  readonly omitted: number;
  readonly problems: readonly string[];
}

const SERVER = 2;

export function judge({ calls, nodes }: Row, spans: readonly ArrivedSpan[]): Judged {
  const problems: string[] = [];
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const root = spans.find(({ kind, service }) => kind === SERVER && service === "gateway");
  if (root === undefined) problems.push("the trace is not there");
  if (byId.size !== spans.length) problems.push(`${spans.length - byId.size} spans came twice`);
  const orphans = spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !byId.has(parentSpanId));
  if (orphans.length > 0) problems.push(`${orphans.length} spans without the one above`);
  if (root !== undefined && !hasCause(root, spans, byId)) problems.push("no way leads to the cause");
  let omitted = 0;
  for (const { attributes } of spans) omitted += Number(attributes["error_tree.omitted"] ?? 0);
  const written = spans.filter(({ attributes }) => attributes["error_tree.synthesized"] === true).length;
  const told = written + (root === undefined ? 0 : 1);
  // The request itself, and each callee's.
  const failed = 1 + calls * nodes;
  if (told + omitted !== failed) problems.push(`${failed} failed, told and omitted are ${told + omitted}`);
  return { spans: spans.length, told, omitted, problems };
}

/** The cause that the root names is the span of another service, and hangs beneath it. */
function hasCause(
  root: ArrivedSpan,
  spans: readonly ArrivedSpan[],
  byId: ReadonlyMap<string, ArrivedSpan>,
): boolean {
  const service = root.attributes["error_tree.root_cause.service"];
  const operation = root.attributes["error_tree.root_cause.operation"];
  return spans.some((span) => {
    if (span === root || span.service !== service || span.name !== operation) return false;
    let at: ArrivedSpan | undefined = span;
    while (at !== undefined && at !== root) at = byId.get(at.parentSpanId ?? "");
    return at === root;
  });
}
