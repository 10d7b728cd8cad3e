// With limiters open, all that should be in Jaeger is there, whole and in one piece, and nothing else.

import { expectedSpans, expectedVerdict } from "../../../examples/lab/expected-spans.ts";
import { runsOf } from "../../../examples/lab/runs.ts";
import { readTrace, type StoredSpan } from "../../../examples/lab/stored-span.ts";
import type { Topology } from "../../../examples/lab/topology.ts";
import { verdictOf } from "../../../src/tree/tree.ts";
import { judgeTrace } from "./judge.ts";
import { type Asked, type Request, randomRequests, send } from "./requests.ts";
import { OPEN, type Stage, type TopologyName } from "./stage.ts";

/** Requests of one verdict, or one of the lab's three runs. */
export interface Row {
  readonly title: string;
  readonly requests: number;
  /** Those of which a part has failed, so that their traces should be in Jaeger. */
  readonly expected: number;
  readonly found: number;
  readonly spans: number;
  readonly problems: readonly string[];
}

/** What came of the requests to one lab. */
export interface Completeness {
  readonly rows: readonly Row[];
  /** Milliseconds from the response until the whole trace was in Jaeger, ascending. */
  readonly visibleMs: readonly number[];
  readonly problems: readonly string[];
}

/** So many clients wait at one time, and no more: the services are not busy. */
const CLIENTS = 4;

/** The lab's three runs, each a row. */
export function performSeed(stage: Stage): Promise<Completeness> {
  const requests = runsOf("root").map(({ name, headers }) => ({ id: name, headers }));
  return perform(stage, "seed", requests, ({ answer }) => answer.requestId);
}

/** Random requests to the seven services, a row for each verdict. */
export function performSeven(
  stage: Stage,
  count: number,
  seed: number,
  progress: (done: number) => void,
): Promise<Completeness> {
  const requests = randomRequests(count, seed);
  return perform(stage, "seven", requests, ({ accounts }) => expectedVerdict(accounts), progress);
}

async function perform(
  stage: Stage,
  topology: TopologyName,
  requests: readonly Request[],
  titleOf: (asked: Asked) => string,
  progress?: (done: number) => void,
): Promise<Completeness> {
  const acceptedBefore = await stage.acceptedSpans();
  const lab = await stage.startLab(topology, OPEN);
  const asked = await send({ lab, requests, clients: CLIENTS, jaeger: stage.jaeger, progress });
  // From here on nothing is on its way any more: what is not in Jaeger does not come.
  await lab.stop();
  await stage.untilHandedOn();
  const rows = new Map<string, Row>();
  for (const one of asked) {
    const title = titleOf(one);
    const spans = await readTrace(stage.jaeger.queryUrl, one.answer.traceId);
    rows.set(title, added(rows.get(title), { title, ...judgeRequest(one, spans, lab.topology) }));
  }
  const found = [...rows.values()].reduce((sum, { spans }) => sum + spans, 0);
  const accepted = (await stage.acceptedSpans()) - acceptedBefore;
  const problems =
    accepted === found
      ? []
      : [`the Collector was sent ${accepted} spans, ${found} are in the traces of requests`];
  const visibleMs = asked.flatMap(({ visibleMs = [] }) => visibleMs).sort((a, b) => a - b);
  return { rows: [...rows.values()].sort((a, b) => b.expected - a.expected), visibleMs, problems };
}

function judgeRequest(
  { answer, accounts }: Asked,
  spans: readonly StoredSpan[],
  topology: Topology,
): Omit<Row, "title"> {
  const isExpected = expectedSpans(accounts).size > 0;
  const [verdict, told] = [expectedVerdict(accounts), answer.tree && verdictOf(answer.tree.root)];
  const problems = verdict === (told ?? "ok") ? [] : [`the response should tell ${verdict}, tells ${told}`];
  if (isExpected) problems.push(...judgeTrace(spans, accounts, topology, "open"));
  else if (spans.length > 0) problems.push(`${spans.length} spans are there, should be none`);
  return {
    requests: 1,
    expected: isExpected ? 1 : 0,
    found: spans.length > 0 ? 1 : 0,
    spans: spans.length,
    problems: problems.map((problem) => `${answer.requestId}, trace ${answer.traceId}: ${problem}`),
  };
}

function added(row: Row | undefined, more: Row): Row {
  if (row === undefined) return more;
  return {
    title: row.title,
    requests: row.requests + more.requests,
    expected: row.expected + more.expected,
    found: row.found + more.found,
    spans: row.spans + more.spans,
    problems: [...row.problems, ...more.problems],
  };
}
