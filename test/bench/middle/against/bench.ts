// CPU per request of ours as this checkout has it, compared with ours at another commit.
import { printProgress } from "../../../../collector-config/program/print.ts";
import { RunError } from "../../../../collector-config/program/run-error.ts";
import { Arena, type Contender } from "../arena.ts";
import { DEFAULTS, type MiddleOptions } from "../options.ts";
import { VARIANTS, type Variant, type VariantName } from "../variants.ts";
import { type Copies, makeCopies } from "./copies.ts";
import { compare, type Round, reportOf, verdictOf } from "./report.ts";

/** Requests of each process before it is measured: until some 14,000 the compiler is at work, and alike in all. */
const WARM_UP = 16_000;
/** A run with few requests is a smoke test: no more than so many times what it measures. */
const WARM_UP_TIMES = 4;
/** Requests of one process at a time; short, for what disturbs the machine then disturbs both. */
const TURN = 1_000;

export const AGAINST_USAGE: string = `With --against, REF is checked out as a git worktree in a temporary directory, with the packages installed here (or
its own by npm ci, where it needs others for running), and built. Both commits run the measuring program of this
checkout, "this" with what dist holds when the bench starts. Nothing of it is left behind.

A round is a fresh process of each commit, for two processes of the very same program differ by some 1 % as long as
they live, which no number of turns evens out. Both are warmed up and then measured in turns of ${TURN} requests: this
and REF, REF and this; the next round begins with the other. A round's ratio is CPU of this / CPU of REF. Printed is
the median of these ratios, and where the true one lies with 95 % confidence: from the k-th smallest to the k-th
largest ratio, k by the binomial distribution, which supposes nothing but that rounds are independent. Six rounds are
the least, and ${DEFAULTS.roundsAgainst} give the 7th to the 18th. In quiet rounds neither commit took 10 % more than its lower quartile.
What is said in words, and what --fail-above judges, rests on all rounds. On two quiet cores a round takes some 20 s.`;

/** @throws RunError where REF cannot be measured, or is to be no faster and was */
export async function measureAgainst(options: MiddleOptions & { readonly against: string }): Promise<void> {
  const { rounds, requests, trust, transport, shape, limit, failAboveLimit } = options;
  const copies = makeCopies(options.against, transport);
  const arena = new Arena({ trust, transport, shape });
  try {
    const measured: Round[] = [];
    const stock = await arena.enter(variantOf("stock-1"));
    await warmUp(arena, [stock], requests);
    for (let round = 0; round < rounds; round++) {
      const pair = await measurePair(arena, copies, requests, round % 2 === 1);
      // It was idle meanwhile: the first turn fills the caches again.
      await arena.measure(stock, Math.min(TURN, requests));
      const { cpu } = await arena.measure(stock, Math.min(TURN, requests));
      measured.push({ ...pair, stock: cpu });
      const [here, there] = [pair.here.toFixed(1), pair.there.toFixed(1)];
      const ratio = (pair.here / pair.there).toFixed(3);
      printProgress(
        `round ${round + 1} of ${rounds}: this ${here}, ${copies.name} ${there} us/request, ${ratio}`,
      );
    }
    const headline = `CPU per request of a middle service, this checkout against ${copies.name}: ${rounds} rounds of ${requests} requests each`;
    process.stdout.write(`${headline}, ${arena}\n\n${reportOf(measured, copies.name, limit)}\n`);
    const verdict = verdictOf(compare(measured).interval, limit);
    if (failAboveLimit && verdict === "slower") {
      throw new RunError(`slower than ${copies.name}: the whole interval is above ${limit}`);
    }
  } finally {
    await arena.close();
    copies.remove();
  }
}

/** A fresh process of each commit, from its start to its end. */
async function measurePair(
  arena: Arena,
  copies: Copies,
  requests: number,
  thereFirst: boolean,
): Promise<Omit<Round, "stock">> {
  const ours = variantOf("ours");
  const programs = [
    { variant: { ...ours, title: "ours, this checkout" }, program: copies.here },
    { variant: { ...ours, title: `ours, ${copies.name}` }, program: copies.there },
  ];
  const pair: Contender[] = [];
  for (const { variant, program } of thereFirst ? programs.toReversed() : programs) {
    pair.push(await arena.enter(variant, program));
  }
  await warmUp(arena, pair, requests);
  const [first = Number.NaN, second = Number.NaN] = await measureInTurns(arena, pair, requests);
  for (const contender of pair) await arena.leave(contender);
  return thereFirst ? { here: second, there: first } : { here: first, there: second };
}

async function warmUp(arena: Arena, contenders: readonly Contender[], requests: number): Promise<void> {
  await measureInTurns(arena, contenders, Math.min(WARM_UP, WARM_UP_TIMES * requests));
}

/** CPU per request of each, in microseconds. */
async function measureInTurns(
  arena: Arena,
  contenders: readonly Contender[],
  requests: number,
): Promise<number[]> {
  const cpu = contenders.map(() => 0);
  const order = [...cpu.keys()];
  for (let done = 0; done < requests; done += TURN) {
    const turn = Math.min(TURN, requests - done);
    for (const place of order) {
      const { cpu: each } = await arena.measure(contenders[place] as Contender, turn);
      cpu[place] = (cpu[place] ?? Number.NaN) + each * turn;
    }
    order.reverse();
  }
  return cpu.map((sum) => sum / requests);
}

function variantOf(name: VariantName): Variant {
  return VARIANTS.find((variant) => variant.name === name) as Variant;
}
