// One outage: a pipeline, services under load, a program that is away for a while, and what is in Jaeger in the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { RunError } from "../../../collector-config/program/run-error.ts";
import { Undo } from "../../../collector-config/program/undo.ts";
import { until } from "../../../collector-config/run/until.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import type { LastWords } from "../storm/program.ts";
import { lastWordsOf, startService } from "../storm/service-process.ts";
import { CHAIN, SPANS_PER_SERVICE } from "./chain.ts";
import { ChainLoad } from "./load.ts";
import { ACTS, type Outage, type Scene } from "./scenes.ts";
import { type Found, judgeTree, untilStored } from "./stored.ts";

/** How an outage goes. */
export interface PerformOptions {
  /** How long the program is away. */
  readonly seconds: number;
  /** Requests a second. */
  readonly perSecond: number;
  readonly progress: (line: string) => void;
}

/** What came of it. */
export interface OutageReport {
  readonly title: string;
  readonly requests: number;
  /** What Jaeger has of each request that failed. */
  readonly found: readonly Found[];
  /** From when the program was up again until Jaeger had all that had failed before; absent where it never had. */
  readonly caughtUpMs: number | undefined;
  readonly problems: readonly string[];
}

const SERVICE = new URL("./service.ts", import.meta.url);
/** Of a hundred requests. */
const FAILING_PERCENT = 20;
/**
 * After an outage a service tries again within 30 s, and an attempt of the exporter's goes on for 10 s; the Collector and
 * the reader of Kafka wait up to 30 s, too.
 */
const RETURN_SECONDS = 60;
const CATCH_UP_MS = 180_000;
const FIRST_MS = 30_000;
/** Under load before, so that the program has work when it goes. */
const FAILED_BEFORE = 20;

/** Plays one outage; all that it started is gone in the end. */
export async function perform(outage: Outage, options: PerformOptions, undo: Undo): Promise<OutageReport> {
  const own = new Undo();
  await undo.add(() => own.all());
  const folder = mkdtempSync(join(tmpdir(), "error-tree-outage-"));
  await own.add(() => rmSync(folder, { recursive: true }));
  try {
    options.progress(`${ACTS[outage].title}: starting the pipeline`);
    const scene = await ACTS[outage].set(folder, own);
    const services = await startChain(scene.collector.otlpHttp, options, own);
    const died = Promise.race(services.map((service) => service.died()));
    return await Promise.race([play(outage, scene, services, options, own), died]);
  } finally {
    await own.all();
  }
}

/**
 * As many spans as there may be until all is well again: requests that fail in a second, two spans of each in a service,
 * outage and return.
 */
export function queueFor({ seconds, perSecond }: Pick<PerformOptions, "seconds" | "perSecond">): number {
  const failing = (perSecond * FAILING_PERCENT) / 100;
  return Math.ceil(failing * SPANS_PER_SERVICE * (seconds + RETURN_SECONDS));
}

/** The services, entry first; the limiter lets everything out, and the outage fits into the queue. */
async function startChain(exportTo: string, options: PerformOptions, undo: Undo): Promise<NodeProcess[]> {
  const spans = queueFor(options);
  const services: NodeProcess[] = [];
  for (const name of CHAIN.toReversed()) {
    const [next] = services;
    const env = {
      OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity",
      OTEL_ERROR_TREE_MAX_QUEUED_SPANS: String(spans),
      ...(next === undefined ? undefined : { CHAIN_NEXT: next.url }),
    };
    services.unshift(await startService(SERVICE, { name, exportTo, env, undo }));
  }
  return services;
}

async function play(
  outage: Outage,
  { jaeger, victim }: Scene,
  services: readonly NodeProcess[],
  { seconds, perSecond, progress }: PerformOptions,
  undo: Undo,
): Promise<OutageReport> {
  const { title, end } = ACTS[outage];
  const url = services[0]?.url ?? "";
  const load = new ChainLoad({ url, perSecond, failingPercent: FAILING_PERCENT });
  await undo.add(() => load.requests.halt());
  load.requests.start();
  await until(`${FAILED_BEFORE} requests have failed`, () => load.failed.length >= FAILED_BEFORE);
  const first = await untilStored(jaeger, load.failed.slice(), judgeTree, FIRST_MS);
  if (first.some((found) => found !== "whole")) {
    throw new RunError(`${title}: failed requests did not come to Jaeger before anything was stopped`);
  }
  progress(`${title}: away for ${seconds} s`);
  await end(victim);
  // An interrupted run does not wait for it.
  await setTimeout(seconds * 1000, undefined, { ref: false });
  undo.assertNotOver();
  await victim.start();
  const before = load.failed.slice();
  progress(`${title}: back, ${before.length} requests have failed so far`);
  const up = performance.now();
  const caughtUp = (await untilStored(jaeger, before, judgeTree, CATCH_UP_MS)).every((f) => f === "whole");
  const caughtUpMs = caughtUp ? performance.now() - up : undefined;
  await load.requests.stop();
  const found = await untilStored(jaeger, load.failed, judgeTree, caughtUp ? CATCH_UP_MS : 0);
  const words = await Promise.all(
    services.map(async (service) => ({ service, last: await lastWordsOf(service) })),
  );
  const problems = [
    ...load.requests.broken.map((problem) => `a request was harmed: ${problem}`),
    ...words.flatMap(({ service, last }) =>
      problemsOf(service, last).map((problem) => `${service.name} ${problem}`),
    ),
    ...(before.length <= first.length ? ["nothing failed during the outage"] : []),
  ];
  return { title, requests: load.answered.length, found, caughtUpMs, problems };
}

/** What a service has to say that it should not. */
function problemsOf({ printed }: NodeProcess, { counts, rejections, diagnostics }: LastWords): string[] {
  const { spans_dropped = 0, fragments_evicted = 0, internal_errors = 0 } = counts;
  return [
    ...(spans_dropped > 0 ? [`dropped ${spans_dropped} spans: ${diagnostics.join(" | ")}`] : []),
    ...(fragments_evicted > 0 ? [`lost ${fragments_evicted} requests before they were over`] : []),
    ...(internal_errors > 0 ? [`failed inside: ${diagnostics.join(" | ")}`] : []),
    ...rejections.map((rejection) => `has a promise that nobody caught: ${rejection}`),
    ...(printed === "" ? [] : [`printed ${printed}`]),
  ];
}
