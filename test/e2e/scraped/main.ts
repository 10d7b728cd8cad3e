// `npm run e2e:scraped`: a real Prometheus scrapes the lab, and the observatory that asks it shows the same as one that is sent everything.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { freePorts, HOST } from "../../../collector-config/run/free-ports.ts";
import { requirePrograms } from "../../../collector-config/run/single.ts";
import { until } from "../../../collector-config/run/until.ts";
import { readTopology } from "../../../examples/lab/topology.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { type Prometheus, startPrometheus } from "../../support/pipeline/prometheus.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import type { Counted } from "../observatory/counter.ts";
import { isComplete, judge, type Row, rowsOf, tableOf } from "../observatory/judge.ts";
import { sendLoad } from "../observatory/load.ts";
import { p95Of } from "../observatory/p95.ts";
import { BIN, SEVEN, type Stage, setStage } from "../observatory/stage.ts";
import { differencesOf, isInBucket } from "./compare.ts";
import { pageProblems } from "./pages.ts";

const REQUESTS = 1_200;
const AT_ONCE = 24;
/** Of the window of the observatory that asks Prometheus, which scrapes every second. */
const WINDOW_SECONDS = 10;
/** The service that is started anew between two parts of the traffic. */
const RESTARTED = "cart";
/** So many scrapes of each service come before the first request: as in a system that is up. */
const SCRAPES = 20;
const LAST_SECONDS = 900;
const PATIENCE_MS = 60_000;

const USAGE = `Usage: npm run e2e:scraped -- [--requests N]

Sends requests through the seven services of the lab. A real Prometheus scrapes them (OTEL_METRICS_EXPORTER=prometheus), and a real
\`otel-error-tree observatory --prometheus\` asks it; besides, they send their metrics to a second observatory. One service is
started anew meanwhile. Then both pictures have the same nodes and edges, with exactly the requests, failures and contexts that the
services have counted; the 95th percentile lies in the same bucket of the histogram. The page of both shows the same in a real
Chromium, if there is one.

  --requests N  how many requests are sent (default: ${REQUESTS})
  --help        print this

Exit code 1 when anything is not as it should be.
`;

await runProgram({
  name: "scraped",
  usage: USAGE,
  options: { requests: { type: "string", default: `${REQUESTS}` } },
  verdict: "out of Prometheus comes what was counted",
  async run({ requests }, undo) {
    requirePrograms("prometheus");
    return await run(readWholeNumber("--requests", requests, 100, 1_000_000), undo);
  },
});

async function run(requests: number, undo: Undo): Promise<string[]> {
  const names = [...readTopology(SEVEN).services.keys()];
  const ports = await freePorts(...names);
  const folder = mkdtempSync(join(tmpdir(), "error-tree-scraped-"));
  await undo.add(() => rmSync(folder, { recursive: true }));
  const stage = await setStage(undo, (name) => ({
    OTEL_METRICS_EXPORTER: "otlp,prometheus",
    OTEL_EXPORTER_PROMETHEUS_HOST: HOST,
    OTEL_EXPORTER_PROMETHEUS_PORT: `${ports[name]}`,
  }));
  const targets = { services: names.map((name) => `${HOST}:${ports[name]}`) };
  const prometheus = await startPrometheus({ folder, undo, targets });
  const asking = await startAsking(prometheus, undo);
  printProgress("waiting for the first scrapes");
  await until(`${SCRAPES} scrapes of each service`, async () => {
    const scraped = await prometheus.query(`count(sum_over_time(up[5m]) >= ${SCRAPES})`);
    return scraped[0]?.value === names.length;
  });
  const counts = await sendInParts(stage, requests, prometheus);
  printProgress("waiting for the last scrape and the end of its window");
  const { rows, picture } = await settled(stage, asking, counts);
  print(`${requests} requests; a real Prometheus has scraped ${names.length} services\n`);
  print(tableOf(rows));
  const pushed = await stage.picture();
  const urls = { pushed: stage.observatory, scraped: asking };
  return [
    ...judge(rows, picture, isInBucket).map((problem) => `out of Prometheus: ${problem}`),
    ...judge(rowsOf(stage.topology, counts, pushed), pushed, isInBucket).map(
      (problem) => `sent by OTLP: ${problem}`,
    ),
    ...differencesOf(pushed, picture),
    ...(await pageProblems(urls, picture, LAST_SECONDS)),
  ];
}

/** Starts the command as a person does; its URL. */
async function startAsking(prometheus: Prometheus, undo: Undo): Promise<string> {
  const options = ["--port", "0", "--window", `${WINDOW_SECONDS}`, "--prometheus", prometheus.url];
  const observatory = new NodeProcess(BIN, {
    name: "the observatory that asks Prometheus",
    args: ["observatory", ...options, "--color", "never"],
    channel: false,
    undo,
  });
  const [, url = ""] = await observatory.prints(/The observatory is at (http:\S+)\//);
  return url;
}

/** Sends a quarter, starts a service anew when that was scraped, sends the rest at once; what the services have counted. */
async function sendInParts(
  { services, entry, topology, restart, picture }: Stage,
  requests: number,
  prometheus: Prometheus,
): Promise<Map<string, Counted>> {
  const first = Math.floor(requests / 4);
  const durations = new Map<string, number[]>();
  const counts = new Map<string, Counted>();
  const note = async (name: string): Promise<void> => {
    const service = services.get(name);
    const { requests: more = 0, failures = 0 } = (await service?.ask<Counted>("counted")) ?? {};
    const known = counts.get(name);
    const all = [...(durations.get(name) ?? []), ...((await service?.ask<number[]>("durations")) ?? [])];
    durations.set(name, all);
    counts.set(name, {
      requests: (known?.requests ?? 0) + more,
      failures: (known?.failures ?? 0) + failures,
      p95: p95Of(all),
    });
  };
  printProgress(`${first} requests`);
  await sendLoad(entry, { requests: first, atOnce: AT_ONCE, label: "first" });
  await note(RESTARTED);
  const counted = counts.get(RESTARTED)?.requests;
  // What a process has counted since its last scrape is lost when it ends: no Prometheus can know it.
  await until(`all requests of ${RESTARTED} are known elsewhere`, async () => {
    const query = `sum(traces_service_graph_request_total{server="${RESTARTED}"})`;
    const [scraped] = await prometheus.query(query);
    const sent = (await picture()).edges.find(({ server }) => server === RESTARTED);
    if (scraped?.value === counted && sent?.requests === counted) return true;
    throw new Error(`${scraped?.value} and ${sent?.requests} of ${counted}`);
  });
  await restart(RESTARTED);
  printProgress(`${requests - first} more requests`);
  await sendLoad(entry, { requests: requests - first, atOnce: AT_ONCE, label: "second" });
  for (const name of topology.services.keys()) await note(name);
  return counts;
}

/** The picture as soon as it has all that was counted, or as it is after a while. */
async function settled(
  { topology }: Stage,
  url: string,
  counts: ReadonlyMap<string, Counted>,
): Promise<{ rows: Row[]; picture: Picture }> {
  const look = async (): Promise<{ rows: Row[]; picture: Picture }> => {
    const response = await fetch(`${url}/api/picture?last=${LAST_SECONDS}`);
    const picture = (await response.json()) as Picture;
    return { rows: rowsOf(topology, counts, picture), picture };
  };
  try {
    return await until(
      "all that was counted is in the picture",
      async () => {
        const seen = await look();
        return isComplete(seen.rows) && seen;
      },
      PATIENCE_MS,
    );
  } catch {
    return await look();
  }
}
