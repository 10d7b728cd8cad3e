// CPU per request of a service in the middle of a call chain: without us, with us, and what lies between.
import { type Bench, BenchError, readNumbers } from "../bench.ts";
import { Child, canPin } from "../child.ts";
import type { LoadReport } from "./load.ts";
import type { PeersHello, PeersQuestion } from "./peers.ts";
import { tableOf } from "./report.ts";
import type { ServiceArgument, ServiceQuestion, Usage } from "./service.ts";
import type { SinkCounts } from "./sink.ts";
import { VARIANTS, type Variant } from "./variants.ts";

const SERVICE = new URL("./service.ts", import.meta.url);
const PEERS = new URL("./peers.ts", import.meta.url);

/** Requests before the measured ones: by then the optimising compiler has had its say. */
const WARM_UP = 10_000;
const CONNECTIONS = 32;
const DEFAULTS = { rounds: 7, requests: 20_000 };

/** What one variant did in one round. */
export interface Measurement {
  /** Microseconds of CPU per request, all threads of the process. */
  readonly cpu: number;
  readonly bytes: number;
  readonly spans: number;
}

export const middleBench: Bench = {
  usage: `npm run bench -- middle [--rounds N] [--requests N]

CPU per request of a service that answers one request over node:http by one call over node:http.

  --rounds N    rounds, each of which measures every variant in a fresh process (default: ${DEFAULTS.rounds})
  --requests N  requests that are measured per variant and round (default: ${DEFAULTS.requests})
  --help        print this`,
  run,
};

async function run(args: readonly string[]): Promise<void> {
  const { rounds, requests } = readNumbers(args, DEFAULTS);
  const pinned = canPin();
  const peers = new Child(PEERS, {}, pinned ? 0 : undefined);
  const measured = new Map(VARIANTS.map(({ name }) => [name, [] as Measurement[]]));
  try {
    const hello = await peers.ask<PeersHello>();
    for (let round = 0; round < rounds; round++) {
      // Every other round in reverse, so that what changes slowly on the machine favours nobody.
      for (const variant of round % 2 === 0 ? VARIANTS : VARIANTS.toReversed()) {
        const measurement = await measure(variant, requests, peers, hello, pinned);
        measured.get(variant.name)?.push(measurement);
        progress(
          `round ${round + 1} of ${rounds}: ${variant.title}: ${measurement.cpu.toFixed(1)} us/request`,
        );
      }
    }
  } finally {
    await peers.stop();
  }
  const placed = pinned ? "on a core of its own" : "not pinned";
  process.stdout.write(
    `CPU per request of a middle service, ${rounds} rounds of ${requests} requests, Node ${process.version}, ${placed}\n\n`,
  );
  process.stdout.write(`${tableOf(measured)}\n`);
}

/** One variant in a fresh process: what the compiler made of one process by chance is not the variant's. */
async function measure(
  variant: Variant,
  requests: number,
  peers: Child,
  { leafPort, otlpUrl }: PeersHello,
  pinned: boolean,
): Promise<Measurement> {
  const argument: ServiceArgument = { variant: variant.name, leafPort, otlpUrl };
  const service = new Child(SERVICE, argument, pinned ? 1 : undefined);
  try {
    const { port } = await service.ask<{ port: number }>();
    const { sampledOneIn, asks } = variant;
    const load = { port, requests, connections: CONNECTIONS, sampledOneIn, asks };
    await askPeers<LoadReport>({ load: { ...load, requests: Math.min(WARM_UP, requests) } });
    await askService("begin");
    await askPeers<SinkCounts>("exported");
    const report = await askPeers<LoadReport>({ load });
    const { user, system, elapsed } = await askService("end");
    const exported = await askPeers<SinkCounts>("exported");
    check(variant, requests, report, exported);
    if (process.env.BENCH_DEBUG)
      progress(
        `busy ${((user + system) / elapsed).toFixed(2)} user ${(user / requests).toFixed(1)} system ${(system / requests).toFixed(1)}`,
      );
    const { bytes, spans } = exported;
    return { cpu: (user + system) / requests, bytes: bytes / requests, spans: spans / requests };
  } finally {
    await service.stop();
  }

  function askPeers<Answer>(question: PeersQuestion): Promise<Answer> {
    return peers.ask<Answer>(question);
  }

  function askService(question: ServiceQuestion): Promise<Usage> {
    return service.ask<Usage>(question);
  }
}

/** A figure of a service that did something else is worth nothing. */
function check(variant: Variant, requests: number, report: LoadReport, exported: SinkCounts): void {
  expect("responses with status 200", report.ok, requests);
  expect("responses with the answer to their ask", report.answered, variant.asks ? requests : 0);
  expect("responses with another x-error-tree", report.strange, 0);
  expect("exported spans", exported.spans, report.sampled * variant.spansPerSampled);
  expect("strange requests to the OTLP sink", exported.strange, 0);

  function expect(what: string, got: number, expected: number): void {
    if (got !== expected) throw new BenchError(`${variant.title}: ${what}: expected ${expected}, got ${got}`);
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
