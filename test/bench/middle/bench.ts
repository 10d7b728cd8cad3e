// CPU per request of a service in the middle of a call chain: without us, with us, and what lies between.
import { cpus } from "node:os";
import { type Bench, BenchError, readNumbers } from "../bench.ts";
import { Child, canPin } from "../child.ts";
import type { Load, LoadReport } from "./load.ts";
import type { PeersHello, PeersQuestion } from "./peers.ts";
import { type Measurement, reportOf } from "./report.ts";
import type { ServiceArgument, ServiceHello, ServiceQuestion, Usage } from "./service.ts";
import type { SinkCounts } from "./sink.ts";
import { VARIANTS, type Variant } from "./variants.ts";

const PEERS = new URL("./peers.ts", import.meta.url);
const SERVICE = new URL("./service.ts", import.meta.url);
const PEERS_CORE = 0;
const SERVICE_CORE = 1;

/** Each has one request in flight: the service always has work, and never a backlog. */
const CONNECTIONS = 32;
/** Requests before the first round: CPU per request falls until some 25,000, while the compiler is at work. */
const WARM_UP = 30_000;
/** They come in rounds too, for exports are part of what is compiled; a short run is a smoke test and has no more. */
const WARM_UP_ROUNDS = 15;
const DEFAULTS = { rounds: 24, requests: 2_000 };

export const middleBench: Bench = {
  usage: `npm run bench -- middle [--rounds N] [--requests N]

CPU per request of a service that answers one request over node:http by one call over node:http, with no
OpenTelemetry, with the stock SDK, and with ours. Every variant is a process of its own; a round measures
each of them once.

  --rounds N    rounds (default: ${DEFAULTS.rounds})
  --requests N  requests measured per variant and round (default: ${DEFAULTS.requests})
  --help        print this`,
  run,
};

/** A running service of one variant, and how it did. */
interface Contender {
  readonly variant: Variant;
  readonly service: Child;
  readonly port: number;
  readonly measurements: Measurement[];
}

async function run(args: readonly string[]): Promise<void> {
  const { rounds, requests } = readNumbers(args, DEFAULTS);
  const pinned = canPin();
  const children: Child[] = [];
  try {
    const peers = new Child(PEERS, { core: pinned ? PEERS_CORE : undefined });
    children.push(peers);
    const hello = await peers.ask<PeersHello>();
    const contenders: Contender[] = [];
    for (const variant of VARIANTS) {
      progress(`${variant.title}: warming up`);
      const service = startService(variant, hello, pinned);
      children.push(service);
      const { port } = await service.ask<ServiceHello>();
      const contender: Contender = { variant, service, port, measurements: [] };
      contenders.push(contender);
      const warmUpRounds = Math.min(WARM_UP_ROUNDS, Math.ceil(WARM_UP / requests));
      for (let round = 0; round < warmUpRounds; round++) await measure(contender, peers, requests);
    }
    for (let round = 0; round < rounds; round++) {
      // Every other round in reverse: what changes slowly on the machine favours nobody.
      for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
        contender.measurements.push(await measure(contender, peers, requests));
      }
      const figures = contenders.map(({ measurements }) => measurements[round]?.cpu.toFixed(0));
      progress(`round ${round + 1} of ${rounds}: ${figures.join(" ")} us/request`);
    }
    const measurements = new Map(
      contenders.map((contender) => [contender.variant.name, contender.measurements]),
    );
    process.stdout.write(`${headline(rounds, requests, pinned)}\n\n${reportOf(measurements)}\n`);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}

function startService({ name }: Variant, { leafPort, otlpUrl }: PeersHello, pinned: boolean): Child {
  const argument: ServiceArgument = { variant: name, leafPort, otlpUrl };
  return new Child(SERVICE, {
    argument,
    env: {
      // Traces are what is measured; NodeSDK would export metrics and logs too, to whoever listens on its default port.
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      // No service under load hands over 100 % of its spans through the default queue of 2,048; here nothing is dropped.
      OTEL_BSP_MAX_QUEUE_SIZE: "15000",
    },
    core: pinned ? SERVICE_CORE : undefined,
  });
}

/** Sends requests and waits until their spans are exported, which counts too. */
async function measure(
  { variant, service, port }: Contender,
  peers: Child,
  requests: number,
): Promise<Measurement> {
  const { sampledOneIn, asks } = variant;
  const load: Load = { port, requests, connections: CONNECTIONS, sampledOneIn, asks };
  await service.ask("begin" satisfies ServiceQuestion);
  const report = await peers.ask<LoadReport>({ load } satisfies PeersQuestion);
  const { cpu } = await service.ask<Usage>("end" satisfies ServiceQuestion);
  const exported = await peers.ask<SinkCounts>("exported" satisfies PeersQuestion);
  check(variant, requests, report, exported);
  return { cpu: cpu / requests, bytes: exported.bytes / requests };
}

/** The figure of a service that did something else is worth nothing. */
function check(variant: Variant, requests: number, report: LoadReport, exported: SinkCounts): void {
  expect("responses with status 200", report.ok, requests);
  expect("answers that repeat the id of their ask", report.answered, variant.asks ? requests : 0);
  expect("other x-error-tree fields", report.strange, 0);
  expect("exported spans", exported.spans, report.sampled * variant.spansPerSampled);
  expect("requests to the backend that were no export of spans", exported.strange, 0);

  function expect(what: string, got: number, expected: number): void {
    if (got === expected) return;
    throw new BenchError(
      `${variant.title}: ${what}: expected ${expected} for ${requests} requests, got ${got}`,
    );
  }
}

function headline(rounds: number, requests: number, pinned: boolean): string {
  const processors = cpus();
  const machine = `${processors.length} cores (${processors[0]?.model.trim() ?? "unknown"}), Node ${process.version}`;
  const placed = pinned ? "service on a core of its own" : "not pinned to cores";
  return `CPU per request of a middle service: ${rounds} rounds of ${requests} requests each, ${machine}, ${placed}`;
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
