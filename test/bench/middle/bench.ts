// CPU per request of a service in the middle of a call chain: without us, with us, and what lies between.
import { print, printProgress } from "../../../collector-config/program/print.ts";
import type { Program } from "../../../collector-config/program/run-program.ts";
import { AGAINST_USAGE, measureAgainst } from "./against/bench.ts";
import { Arena, type Contender } from "./arena.ts";
import { DEFAULTS, type MiddleOptions, OPTIONS, readOptions } from "./options.ts";
import { BASES, FLOW_BASES, type Measurement, reportOf } from "./report.ts";
import { FLOW_VARIANTS, LEAST, VARIANTS, type Variant, type VariantName } from "./variants.ts";

/** Requests before the first round: CPU per request falls until some 25,000, while the compiler is at work. */
const WARM_UP = 30_000;
/** They come in rounds too, because exports are part of what is compiled; a short run is a smoke test and has no more. */
const WARM_UP_ROUNDS = 43;

export const middleBench: Program<typeof OPTIONS> = {
  name: "bench",
  options: OPTIONS,
  usage: `npm run bench -- middle [--rounds N] [--requests N] [--spans N] [--errors PERCENT] [--asks on|off] [--trust BY]
                               [--processes N] [--transport http|grpc] [--least | --flow | --against REF [--fail-above X]]

Other benches: render, failing, codec, pipeline, start, observatory; this one runs if none is named.

CPU per request of a service that answers one request over node:http by one call over node:http, with no
OpenTelemetry, with the stock SDK, and with ours. Every variant runs in processes of its own; a round measures
each of them once. Rounds are short and many, and no garbage is collected by force: what disturbs the machine then
disturbs all variants alike, and a figure is the median of the ratios of pairs that were measured next to each other.

  --rounds N      rounds (default: ${DEFAULTS.rounds}, with --against ${DEFAULTS.roundsAgainst})
  --requests N    requests measured per variant and round (default: ${DEFAULTS.requests}, with --against ${DEFAULTS.requestsAgainst})
  --processes N   so many processes of each variant, one after the other, share the rounds (default: ${DEFAULTS.processes}): two
                  processes of one program differ by some 2 % as long as they live
  --least         measure, too, the least that any way of asking and answering can cost
  --spans N       internal spans that the service starts for each request (default: 0)
  --errors N      so many of 100 requests fail (default: 0)
  --asks on|off   whether the caller of ours asks for the error tree (default: on)
  --trust BY      asks are trusted by the address of the caller (loopback, the default), or by the token of a secret
                  (secret), which they then carry both ways
  --transport BY  node:http (http, the default), or grpc-js with unary calls (grpc)
  --flow          compare ours with flow counts and without, in a service that has a metric reader
  --against REF   compare ours, head 1 %, with what it was at another commit
  --fail-above X  exit with 1 where the whole interval of that ratio is above X
  --help          print this

${AGAINST_USAGE}`,
  async run(values) {
    const options = readOptions(values);
    const { against } = options;
    await (against === undefined ? measureVariants(options) : measureAgainst({ ...options, against }));
    return [];
  },
};

async function measureVariants(options: MiddleOptions): Promise<void> {
  const { rounds, requests, flow, least, processes } = options;
  const variants = flow ? FLOW_VARIANTS : least ? [...VARIANTS, LEAST] : VARIANTS;
  const measurements = new Map<VariantName, Measurement[]>(variants.map(({ name }) => [name, []]));
  const arena = new Arena(options);
  try {
    for (let left = processes, done = 0; left > 0; left--) {
      const share = Math.ceil((rounds - done) / left);
      const contenders = await warmedUp(arena, variants, requests);
      for (let round = done; round < done + share; round++) {
        // Every other round in reverse: what changes slowly on the machine favours nobody.
        for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
          measurements.get(contender.variant.name)?.push(await arena.measure(contender, requests));
        }
        const figures = variants.map(({ name }) => measurements.get(name)?.[round]?.cpu.toFixed(0));
        printProgress(`round ${round + 1} of ${rounds}: ${figures.join(" ")} us/request`);
      }
      for (const contender of contenders) await arena.leave(contender);
      done += share;
    }
    const each = processes === 1 ? "a process" : `${processes} processes`;
    print(
      `CPU per request of a middle service: ${rounds} rounds of ${requests} requests, ${each} of each variant, ${arena}\n\n` +
        `${reportOf(measurements, variants, flow ? FLOW_BASES : BASES)}`,
    );
  } finally {
    await arena.close();
  }
}

/** A running service of each variant that has compiled what it needs. */
async function warmedUp(arena: Arena, variants: readonly Variant[], requests: number): Promise<Contender[]> {
  const contenders: Contender[] = [];
  const rounds = Math.min(WARM_UP_ROUNDS, Math.ceil(WARM_UP / requests));
  for (const variant of variants) {
    printProgress(`${variant.title}: warming up`);
    const contender = await arena.enter(variant);
    contenders.push(contender);
    for (let round = 0; round < rounds; round++) await arena.measure(contender, requests);
  }
  return contenders;
}
