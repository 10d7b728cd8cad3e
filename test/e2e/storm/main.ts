// `npm run e2e:storm`: half of all requests fail, in twenty ways; what is exported stays bounded, and tells of every one.
import { readNumber } from "../../../collector-config/program/arguments.ts";
import { printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { ArrivedSpan } from "./arrivals.ts";
import { judgeKinds, judgeOthers } from "./kinds-judge.ts";
import { blow } from "./load.ts";
import { printReport, problemsOf, type StormReport, USAGE } from "./print.ts";
import { fallsSilent, SCRIPTS, type ServiceName } from "./scripts.ts";
import { judgeServices } from "./services-judge.ts";
import { failuresOf, setStage } from "./stage.ts";
import { judgeTrace, type TraceReport } from "./traces.ts";

interface Options {
  readonly seconds: number;
  readonly perSecond: number;
  /** Share of traces. */
  readonly headSampled: number;
}

await runProgram({
  name: "storm",
  usage: USAGE,
  options: {
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "200" },
    sampled: { type: "string", default: "1" },
  },
  verdict: "all as it should be",
  run: ({ seconds, rate, sampled }, undo) =>
    run(
      {
        seconds: readNumber("--seconds", seconds, 6, 3_600),
        perSecond: readNumber("--rate", rate, 20, 5_000),
        headSampled: readNumber("--sampled", sampled, 0, 100) / 100,
      },
      undo,
    ),
});

async function run(options: Options, undo: Undo): Promise<string[]> {
  printProgress("starting seven services");
  const stage = await setStage(options.headSampled, undo);
  const calm = new AbortController();
  await undo.add(() => calm.abort());
  const blowing = blow({ ...options, url: stage.url, signal: calm.signal, progress: printProgress });
  const load = await Promise.race([blowing, stage.died]);
  undo.assertNotOver();
  printProgress("stopping the services");
  const failed = (name: ServiceName): number =>
    load.answered.reduce((sum, { script }) => sum + failuresOf(script, name), 0);
  const facts = await stage.end(failed);
  const { arrivals } = stage;
  const spans: ArrivedSpan[] = [...arrivals.traces.values()].flat();
  const scripts = new Map(load.answered.map(({ traceId, script }) => [traceId, SCRIPTS[script]]));
  const traces = new Map<string, TraceReport>();
  for (const [traceId, spansOfTrace] of arrivals.traces) {
    // A summary is a trace of its own, of one span.
    if (spansOfTrace.some(isSummary)) continue;
    const script = scripts.get(traceId);
    traces.set(
      traceId,
      judgeTrace(spansOfTrace, (service) => fallsSilent(script, service)),
    );
  }
  const fragments = [...traces.values()].flatMap((trace) => trace.fragments);
  const report: StormReport = {
    load,
    kinds: judgeKinds(load.answered, traces),
    services: judgeServices(facts, fragments, spans),
    traces: [...traces.values()],
    spans,
    others: judgeOthers(load.answered, arrivals),
  };
  printReport(report);
  return problemsOf(report);
}

function isSummary({ attributes }: ArrivedSpan): boolean {
  return attributes["error_tree.summary"] === true;
}
