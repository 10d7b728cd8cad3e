// What a Collector pays for failed requests: ours, against exporting everything and keeping what failed by tail sampling.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";
import { runProgram } from "../../support/program/run-program.ts";
import type { Undo } from "../../support/program/undo.ts";
import { type Bench, BenchError, progress, readTexts, wholeNumber } from "../bench.ts";
import { type Contender, type Cost, enter, FAILING_PERCENT } from "./contender.ts";
import { reportOf, type Turn } from "./report.ts";
import { REDACTIONS, type Redaction, SAMPLED_PERCENT, type VariantName, variantsFor } from "./variants.ts";

const DEFAULTS = { rounds: 6, requests: 6_000, rate: 200 };
/** So that the last request of a turn fails: when Jaeger has it, the tail sampler has decided on all. */
const MULTIPLE = 100 / FAILING_PERCENT;
const WARM_UP = 2_000;
const COMPRESSIONS = ["none", "gzip"] as const;

interface PipelineOptions {
  readonly rounds: number;
  /** Per turn. */
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  readonly compression: string;
  readonly redaction: Redaction;
}

/** A turn as it was measured: the CPU of both Collectors while one of them had the load. */
interface Taken {
  readonly cost: Cost;
  readonly seconds: number;
  readonly cpu: ReadonlyMap<Contender, number>;
}

export const pipelineBench: Bench = {
  usage: `npm run bench -- pipeline [--rounds N] [--requests N] [--rate N] [--compression HOW]

What failed requests cost a Collector. Three services in a line, of whose requests ${FAILING_PERCENT} % fail, export to a real Collector with a
real Jaeger behind it, in two ways: ours (head ${SAMPLED_PERCENT} %, the limiter open, common.yaml and single.yaml), and the usual one
(100 % by the stock SDK; the same Collector with tail_sampling, which keeps what failed and ${SAMPLED_PERCENT} % of the rest after 10 s).
Each way has services, Collector and Jaeger of its own. A round gives both the same number of requests at the same pace,
one after the other; the Collector that has no load shows what it takes when idle, which is subtracted. CPU is that of
/proc, bytes are counted by a TCP proxy before the Collector. Both Jaegers have to hold every failed request, whole.
Needs Linux and npm run tools.

  --rounds N         rounds (default: ${DEFAULTS.rounds})
  --requests N       requests per way and round, a multiple of ${MULTIPLE} (default: ${DEFAULTS.requests})
  --rate N           requests a second (default: ${DEFAULTS.rate})
  --compression HOW  of what the services export: none (default, as the SDK's), or gzip
  --redaction WHERE  where the usual Collector takes secrets out: kept (default; of what it keeps, the least work), all
                     (before it samples, as agent.yaml does), off (nowhere, and ours neither)
  --help             print this
`,
  async run(args) {
    const options = readOptions(args);
    const missing = [PROGRAMS.collector, PROGRAMS.jaeger].filter((path) => !existsSync(path));
    if (missing.length > 0) throw new BenchError(`npm run tools has not brought ${missing.join(", ")}`);
    let problem = "stopped before it was done";
    const exitCode = await runProgram(
      (undo) => measure(options, undo),
      (text) => {
        problem = text;
      },
    );
    if (exitCode !== 0) throw new BenchError(problem);
  },
};

async function measure(options: PipelineOptions, undo: Undo): Promise<number> {
  const { rounds, requests, rate, compression, redaction } = options;
  const folder = mkdtempSync(join(tmpdir(), "error-tree-bench-"));
  await undo.add(() => rmSync(folder, { recursive: true }));
  const [ours, usual] = variantsFor(redaction);
  const contenders: Contender[] = [];
  for (const variant of [ours, usual]) {
    progress(`${variant.title}: starting`);
    contenders.push(await enter(variant, { folder: join(folder, variant.name), undo, compression }));
  }
  for (const contender of contenders) {
    progress(`${contender.variant.title}: warming up`);
    await takeTurn(contender, contenders, Math.min(requests, WARM_UP), rate, undo);
  }
  const turns: Record<VariantName, Turn[]> = { ours: [], usual: [] };
  for (let round = 0; round < rounds; round++) {
    const taken = new Map<Contender, Taken>();
    // Every other round in reverse: what changes slowly on the machine favours nobody.
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      taken.set(contender, await takeTurn(contender, contenders, requests, rate, undo));
    }
    for (const [{ variant }, turn] of turnsOf(taken)) turns[variant.name].push(turn);
    const figures = [ours, usual].map(
      ({ name, title }) => `${title} ${turns[name][round]?.cpu.toFixed(2)} s`,
    );
    progress(`round ${round + 1} of ${rounds}: CPU of the Collector: ${figures.join(", ")}`);
  }
  const processors = cpus();
  const report = reportOf(
    { variant: ours, turns: turns.ours },
    { variant: usual, turns: turns.usual },
    requests,
  );
  process.stdout.write(
    `Cost beside the usual way: ${rounds} rounds of ${requests} requests each at ${rate}/s, ${FAILING_PERCENT} % failing,\n` +
      `compression ${compression}, redaction ${redaction}; ${processors.length} cores (${processors[0]?.model.trim() ?? "unknown"}), ` +
      `Node ${process.version}\n\n${report}\n`,
  );
  return 0;
}

async function takeTurn(
  contender: Contender,
  all: readonly Contender[],
  requests: number,
  perSecond: number,
  undo: Undo,
): Promise<Taken> {
  const before = all.map(({ collectorCpu }) => collectorCpu);
  const start = performance.now();
  let seconds = 0;
  let cpu = new Map<Contender, number>();
  const cost = await contender.serve(requests, perSecond, undo, () => {
    seconds = (performance.now() - start) / 1000;
    cpu = new Map(all.map((one, i) => [one, one.collectorCpu - (before[i] ?? 0)]));
  });
  return { cost, seconds, cpu };
}

/** What each took in its own turn, less what it would have taken in that time without a load. */
function turnsOf(all: ReadonlyMap<Contender, Taken>): Map<Contender, Turn> {
  const turns = new Map<Contender, Turn>();
  for (const [contender, { cost, seconds, cpu }] of all) {
    let [idleCpu, idleSeconds] = [0, 0];
    for (const [other, turn] of all) {
      if (other === contender) continue;
      idleCpu += turn.cpu.get(contender) ?? 0;
      idleSeconds += turn.seconds;
    }
    const idle = idleCpu / idleSeconds;
    turns.set(contender, { ...cost, idle, cpu: (cpu.get(contender) ?? 0) - idle * seconds });
  }
  return turns;
}

function readOptions(args: readonly string[]): PipelineOptions {
  const texts = readTexts(args, ["rounds", "requests", "rate", "compression", "redaction"]);
  const numberOf = (name: keyof typeof DEFAULTS): number => {
    const text = texts[name];
    return text === undefined ? DEFAULTS[name] : wholeNumber(name, text);
  };
  const requests = numberOf("requests");
  if (requests % MULTIPLE !== 0) {
    throw new BenchError(`--requests must be a multiple of ${MULTIPLE}, got ${requests}`);
  }
  return {
    rounds: numberOf("rounds"),
    requests,
    rate: numberOf("rate"),
    compression: oneOf("compression", texts.compression, COMPRESSIONS),
    redaction: oneOf("redaction", texts.redaction, REDACTIONS),
  };
}

/** The first of them where nothing was said. */
function oneOf<Choice extends string>(
  option: string,
  value: string | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const choice = value === undefined ? choices[0] : choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new BenchError(`--${option} must be one of ${choices.join(", ")}, got "${value}"`);
}
