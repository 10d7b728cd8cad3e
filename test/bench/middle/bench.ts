// CPU per request of a service in the middle of a call chain: without us, with us, and what lies between.
import { print, printProgress } from "../../../collector-config/program/print.ts";
import type { Program } from "../../../collector-config/program/run-program.ts";
import { AGAINST_USAGE, measureAgainst } from "./against/bench.ts";
import { Arena, type Contender } from "./arena.ts";
import { DEFAULTS, type MiddleOptions, OPTIONS, readOptions } from "./options.ts";
import { BASES, FLOW_BASES, type Measurement, reportOf } from "./report.ts";
import { FLOW_VARIANTS, VARIANTS } from "./variants.ts";

/** Requests before the first round: CPU per request falls until some 25,000, while the compiler is at work. */
const WARM_UP = 30_000;
/** They come in rounds too, because exports are part of what is compiled; a short run is a smoke test and has no more. */
const WARM_UP_ROUNDS = 43;

export const middleBench: Program<typeof OPTIONS> = {
  name: "bench",
  options: OPTIONS,
  usage: `npm run bench -- middle [--rounds N] [--requests N] [--spans N] [--errors PERCENT] [--asks on|off] [--trust BY]
                               [--transport http|grpc] [--flow | --against REF [--fail-above X]]

Other benches: render, failing, codec, pipeline; this one runs if none is named.

CPU per request of a service that answers one request over node:http by one call over node:http, with no
OpenTelemetry, with the stock SDK, and with ours. Every variant is a process of its own; a round measures
each of them once. Rounds are short and many, and no garbage is collected by force: what disturbs the machine then
disturbs all variants alike, and a figure is the median of the ratios of pairs that were measured next to each other.

  --rounds N      rounds (default: ${DEFAULTS.rounds}, with --against ${DEFAULTS.roundsAgainst})
  --requests N    requests measured per variant and round (default: ${DEFAULTS.requests}, with --against ${DEFAULTS.requestsAgainst})
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
  const { rounds, requests, flow } = options;
  const variants = flow ? FLOW_VARIANTS : VARIANTS;
  const arena = new Arena(options);
  try {
    const contenders: (Contender & { readonly measurements: Measurement[] })[] = [];
    for (const variant of variants) {
      printProgress(`${variant.title}: warming up`);
      const contender = { ...(await arena.enter(variant)), measurements: [] };
      contenders.push(contender);
      const warmUpRounds = Math.min(WARM_UP_ROUNDS, Math.ceil(WARM_UP / requests));
      for (let round = 0; round < warmUpRounds; round++) await arena.measure(contender, requests);
    }
    for (let round = 0; round < rounds; round++) {
      // Every other round in reverse: what changes slowly on the machine favours nobody.
      for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
        contender.measurements.push(await arena.measure(contender, requests));
      }
      const figures = contenders.map(({ measurements }) => measurements[round]?.cpu.toFixed(0));
      printProgress(`round ${round + 1} of ${rounds}: ${figures.join(" ")} us/request`);
    }
    const measurements = new Map(
      contenders.map((contender) => [contender.variant.name, contender.measurements]),
    );
    print(
      `CPU per request of a middle service: ${rounds} rounds of ${requests} requests each, ${arena}\n\n` +
        `${reportOf(measurements, variants, flow ? FLOW_BASES : BASES)}`,
    );
  } finally {
    await arena.close();
  }
}
