// With the limiters that the library comes with, a part of the failed requests is in Jaeger and tells of all of them.

import { expectedSpans, expectedVerdict } from "../../../examples/lab/expected-spans.ts";
import { readTrace, type StoredSpan, searchTraces } from "../../../examples/lab/stored-span.ts";
import { judgeTrace } from "./judge.ts";
import { randomRequests, send } from "./requests.ts";
import type { Stage } from "./stage.ts";

/** What came of the requests. */
export interface AsInstalled {
  readonly requests: number;
  /** Requests that failed at the entry. */
  readonly failed: number;
  /** Those of them whose trace is in Jaeger. */
  readonly exported: number;
  /** Traces of requests that failed further down alone. */
  readonly handled: number;
  /** Spans that tell of failed requests without a trace of theirs. */
  readonly summaries: number;
  /** The failed requests that all of them stand for. */
  readonly represented: number;
  readonly problems: readonly string[];
}

/** Many at one time: in an outage nobody waits. */
const CLIENTS = 16;

/** Sends random requests to the seven services. */
export async function performAsInstalled(stage: Stage, count: number, seed: number): Promise<AsInstalled> {
  const since = new Date();
  const lab = await stage.startLab("seven");
  const asked = await send({ lab, requests: randomRequests(count, seed), clients: CLIENTS });
  await lab.stop();
  await stage.untilHandedOn();
  const { root } = lab.topology;
  // A summary is a trace of its own.
  const all = await searchTraces(stage.jaeger.queryUrl, root, since, 2 * count);
  const summaries = all.filter(({ attributes }) => attributes["error_tree.summary"] === true);
  const problems: string[] = [];
  let [failed, exported, handled, represented] = [0, 0, 0, representedBy(summaries)];
  for (const { answer, accounts } of asked) {
    const trace = await readTrace(stage.jaeger.queryUrl, answer.traceId);
    represented += representedBy(trace);
    const isFailed = expectedVerdict(accounts) === "failed";
    if (isFailed) failed++;
    if (trace.length === 0) continue;
    if (isFailed) exported++;
    else handled++;
    const wrong =
      expectedSpans(accounts).size === 0
        ? [`${trace.length} spans are there, should be none`]
        : judgeTrace(trace, accounts, lab.topology, "as installed");
    problems.push(...wrong.map((problem) => `${answer.requestId}, trace ${answer.traceId}: ${problem}`));
  }
  if (represented !== failed) problems.push(`${represented} failed requests are told of, ${failed} failed`);
  if (exported === failed) problems.push("all were exported, so that nothing is shown: more --requests");
  return { requests: count, failed, exported, handled, summaries: summaries.length, represented, problems };
}

/** How many failed requests spans stand for. */
function representedBy(spans: readonly StoredSpan[]): number {
  return spans.reduce((sum, { attributes }) => sum + Number(attributes["error_tree.represents"] ?? 0), 0);
}
