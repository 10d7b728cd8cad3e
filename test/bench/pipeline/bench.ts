// What a Collector pays for failed requests: ours, against exporting everything and keeping what failed by tail sampling.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Program } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { requirePrograms } from "../../../collector-config/run/single.ts";
import { type Contender, type Cost, enter, FAILING_PERCENT, MULTIPLE, WARM_UP } from "./contender.ts";
import { reportOf, type Turn } from "./report.ts";
import {
  REDACTIONS,
  REDACTORS,
  type Redaction,
  type Redactor,
  SAMPLED_PERCENT,
  type VariantName,
  variantsFor,
} from "./variants.ts";

const OPTIONS = {
  rounds: { type: "string", default: "6" },
  requests: { type: "string", default: "6000" },
  rate: { type: "string", default: "200" },
  live: { type: "string", default: "200" },
  compression: { type: "string", default: "none" },
  redaction: { type: "string", default: "kept" },
  redactor: { type: "string", default: "service" },
} as const;
const COMPRESSIONS = ["none", "gzip"] as const;

interface PipelineOptions {
  readonly rounds: number;
  /** Per turn. */
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  /** How many times the requests a second that the services are given; 1: they are given all of them. */
  readonly stretch: number;
  readonly compression: string;
  readonly redaction: Redaction;
  readonly redactor: Redactor;
}

/** A turn as it was measured: the CPU of both Collectors while one of them had the load. */
interface Taken {
  readonly cost: Cost;
  readonly seconds: number;
  readonly cpu: ReadonlyMap<Contender, number>;
}

export const pipelineBench: Program<typeof OPTIONS> = {
  name: "bench",
  options: OPTIONS,
  usage: `npm run bench -- pipeline [--rounds N] [--requests N] [--rate N] [--live N] [--compression HOW]
                                  [--redaction WHERE] [--redactor WHO]

What failed requests cost a Collector. Three services in a line, of whose requests ${FAILING_PERCENT} % fail, export to a real Collector with a
real Jaeger behind it, in two ways: ours (head ${SAMPLED_PERCENT} %, the limiter open, common.yaml and single.yaml), and the usual one
(100 % by the stock SDK; the same Collector with tail_sampling, which keeps what failed and ${SAMPLED_PERCENT} % of the rest after 10 s).
Each way has services, Collector and Jaeger of its own. A round gives both the same number of requests at the same pace,
one after the other; the Collector that has no load shows what it takes when idle, which is subtracted. CPU is that of
/proc, bytes are counted by a TCP proxy before the Collector. Both Jaegers have to hold every failed request, whole.
A rate that this machine cannot serve: the services are given --live requests a second with all delays of their exporters
longer in proportion, what they export is recorded, and then sent to the Collector faster in proportion, as often as it takes,
each time with other trace ids. Needs Linux and npm run tools.

  --rounds N         rounds (default: ${OPTIONS.rounds.default})
  --requests N       requests per way and round, a multiple of ${MULTIPLE} (default: ${OPTIONS.requests.default})
  --rate N           requests a second (default: ${OPTIONS.rate.default})
  --live N           the most that the services serve; a higher rate, a multiple of it, is replayed (default: ${OPTIONS.live.default})
  --compression HOW  of what the services export: none (default, as the SDK's), or gzip
  --redaction WHERE  where the usual Collector takes secrets out: kept (default; of what it keeps, the least work), all
                     (before it samples), off (nowhere, and ours neither)
  --redactor WHO     who takes them out of what ours exports by force: service (default; redactSpans), or collector
  --help             print this
`,
  async run(options, undo) {
    const requests = readWholeNumber("--requests", options.requests, 1, 1e7);
    const rate = readWholeNumber("--rate", options.rate, 1, 1e5);
    const live = readWholeNumber("--live", options.live, 1, 1e5);
    const stretch = Math.max(1, rate / live);
    const compression = oneOf("compression", options.compression, COMPRESSIONS);
    if (!Number.isInteger(stretch))
      throw new RunError(`--rate must be a multiple of --live (${live}), got ${rate}`);
    if (requests % (MULTIPLE * stretch) !== 0)
      throw new RunError(`--requests must be a multiple of ${MULTIPLE * stretch}, got ${requests}`);
    if (stretch > 1 && compression !== "none") throw new RunError("what is replayed cannot be compressed");
    requirePrograms("collector", "jaeger");
    await measure(
      {
        rounds: readWholeNumber("--rounds", options.rounds, 1, 1e6),
        requests,
        rate,
        stretch,
        compression,
        redaction: oneOf("redaction", options.redaction, REDACTIONS),
        redactor: oneOf("redactor", options.redactor, REDACTORS),
      },
      undo,
    );
    return [];
  },
};

async function measure(options: PipelineOptions, undo: Undo): Promise<void> {
  const { rounds, requests, rate, stretch, compression, redaction, redactor } = options;
  const folder = mkdtempSync(join(tmpdir(), "error-tree-bench-"));
  await undo.add(() => rmSync(folder, { recursive: true }));
  const [ours, usual] = variantsFor(redaction, redactor);
  const contenders: Contender[] = [];
  for (const variant of [ours, usual]) {
    printProgress(`${variant.title}: starting`);
    const where = { folder: join(folder, variant.name), undo, compression, stretch };
    contenders.push(await enter(variant, where));
  }
  for (const contender of contenders) {
    if (stretch > 1) printProgress(`${contender.variant.title}: recording`);
    await contender.record(requests, rate, undo);
  }
  for (const contender of contenders) {
    printProgress(`${contender.variant.title}: warming up`);
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
    printProgress(`round ${round + 1} of ${rounds}: CPU of the Collector: ${figures.join(", ")}`);
  }
  const processors = cpus();
  const report = reportOf(
    { variant: ours, turns: turns.ours },
    { variant: usual, turns: turns.usual },
    { requests, rate },
  );
  print(
    `Cost beside the usual way: ${rounds} rounds of ${requests} requests each at ${rate}/s, ${FAILING_PERCENT} % failing,\n` +
      `${stretch > 1 ? `replayed from ${rate / stretch}/s, ` : ""}compression ${compression}, redaction ${redaction}, ` +
      `of forced spans by the ${redactor}; ${processors.length} cores (${processors[0]?.model.trim() ?? "unknown"}), ` +
      `Node ${process.version}\n\n${report}`,
  );
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

function oneOf<Choice extends string>(option: string, value: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new RunError(`--${option} must be one of ${choices.join(", ")}, got "${value}"`);
}
