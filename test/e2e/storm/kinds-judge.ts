// Judges each kind of failure: was it exported within a second of its first failure, and with the right root cause?
import type { Arrivals } from "./arrivals.ts";
import type { Answered } from "./load.ts";
import { FAILURES, FINE, REJECTED, SCRIPTS } from "./scripts.ts";
import type { TraceReport } from "./traces.ts";

/** One line of the table of kinds. */
export interface KindReport {
  readonly title: string;
  readonly requests: number;
  /** Traces of this kind in the receiver. */
  readonly exported: number;
  /** From the first failure at the entry until root and root cause of one of them had arrived, the export's delay included. */
  readonly delayMs: number;
  readonly causes: readonly string[];
  readonly problems: readonly string[];
}

/** A new failure must be there so soon. */
export const PROMPT_MS = 1_000;
/** How long the first failed request of a kind waits to share its export, as the library comes. */
export const EXPORT_DELAY_MS = 100;

/** One report for each kind, in the order in which they came up. */
export function judgeKinds(
  answered: readonly Answered[],
  traces: ReadonlyMap<string, TraceReport>,
): KindReport[] {
  return FAILURES.map((script, index) => {
    const requests = answered.filter((answer) => answer.script === index);
    const problems: string[] = [];
    const exported = requests.flatMap(({ traceId }) => traces.get(traceId) ?? []);
    const causes = new Set<string>();
    for (const { root } of exported) {
      if (root === undefined) continue;
      const { attributes } = root;
      causes.add(
        `${attributes["error_tree.root_cause.service"]} ${attributes["error_tree.root_cause.code"]}`,
      );
    }
    for (const cause of causes) {
      if (!script.causes.includes(cause))
        problems.push(`the root cause is ${cause}, expected ${script.causes.join(" or ")}`);
    }
    const wrong = requests.find(({ status }) => status !== script.status);
    if (wrong !== undefined) problems.push(`the entry answered ${wrong.status}, expected ${script.status}`);
    const first = Math.min(...requests.map(({ at }) => at));
    const complete = Math.min(...exported.map(({ completeAt = Number.POSITIVE_INFINITY }) => completeAt));
    const delayMs = complete - first;
    if (requests.length > 0 && delayMs > PROMPT_MS + EXPORT_DELAY_MS)
      problems.push(Number.isFinite(delayMs) ? `exported after ${delayMs} ms` : "never exported");
    return {
      title: script.title,
      requests: requests.length,
      exported: exported.filter(({ root }) => root !== undefined).length,
      delayMs,
      causes: [...causes].sort(),
      problems,
    };
  });
}

/** What is wrong with requests that do not fail: their status, or that they were exported. */
export function judgeOthers(answered: readonly Answered[], arrivals: Arrivals): string[] {
  const problems = new Set<string>();
  for (const { script: index, status, traceId } of answered) {
    const script = SCRIPTS[index];
    if (script === undefined || FAILURES.includes(script)) continue;
    if (status !== script.status)
      problems.add(`${script.title}: the entry answered ${status}, expected ${script.status}`);
    if (!FINE.includes(script) && script !== REJECTED) continue;
    const spans = arrivals.traces.get(traceId) ?? [];
    if (spans.some(({ attributes }) => attributes["error_tree.forced"] === true)) {
      problems.add(`${script.title}: exported, though nobody has failed`);
    }
  }
  return [...problems];
}
