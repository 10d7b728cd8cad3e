// How much `otel-error-tree observatory` takes in on one core, and how much memory it keeps for it.
import { readFileSync } from "node:fs";
import http from "node:http";
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Program } from "../../../collector-config/program/run-program.ts";
import { until } from "../../../collector-config/run/until.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { aligned } from "../../support/table.ts";
import { KINDS, type Kind } from "./bodies.ts";

const OPTIONS = {
  events: { type: "string", default: "200000" },
  kinds: { type: "string", default: "plain,spans,metrics" },
} as const;

const GOAL = 20_000;
/** Steps of a run at which the memory is looked at. */
const STEPS = 10;
/** Requests that are on their way at a time. */
const AT_A_TIME = 4;
/** Ticks of the kernel's clock in a second. */
const TICKS = 100;
const COMMAND = new URL("../../../dist/cli/bin.js", import.meta.url);

/** `npm run bench -- observatory`. */
export const observatoryBench: Program<typeof OPTIONS> = {
  name: "bench",
  options: OPTIONS,
  usage: `npm run bench -- observatory [--events N] [--kinds ${OPTIONS.kinds.default}]

Sends events to a real observatory over HTTP and reads from the kernel how much CPU it took: so many events a second one core
takes in, whatever else the machine does. Every request has to be in its picture afterwards.

  --events N    events, spans or points of each kind (default: ${OPTIONS.events.default})
  --kinds NAMES which of ${OPTIONS.kinds.default}, separated by commas
`,
  async run(options) {
    const events = readWholeNumber("--events", options.events, 1_000, 1e9);
    const lines = [
      [
        "kind",
        "events",
        "a second of CPU",
        "us each",
        "MB at first",
        ...steps().map((share) => `${share} %`),
      ],
    ];
    const problems: string[] = [];
    for (const name of options.kinds.split(",")) {
      const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
      if (kind === undefined) throw new RunError(`there is no kind ${name}, only ${OPTIONS.kinds.default}`);
      const { sent, cpuSeconds, megabytes } = await measure(kind, events);
      const rate = sent / cpuSeconds;
      lines.push([
        name,
        String(sent),
        rate.toFixed(0),
        (1e6 / rate).toFixed(1),
        ...megabytes.map((one) => one.toFixed(0)),
      ]);
      if (rate < GOAL) problems.push(`${name}: ${rate.toFixed(0)} a second, the goal is ${GOAL}`);
    }
    print(aligned(lines));
    return problems;
  },
};

function steps(): number[] {
  return Array.from({ length: STEPS }, (_, i) => ((i + 1) * 100) / STEPS);
}

interface Measured {
  readonly sent: number;
  readonly cpuSeconds: number;
  /** Resident memory before the first event, and after each step. */
  readonly megabytes: readonly number[];
}

async function measure(kind: Kind, events: number): Promise<Measured> {
  const bodies = Math.ceil(events / kind.size);
  const observatory = new NodeProcess(COMMAND, { args: ["observatory", "--port", "0"], channel: false });
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  try {
    const [, url] = await observatory.prints(/is at (http:\S+)\//);
    const base = url as string;
    // Warm up with a tenth, so that the figure is not that of code that is being compiled.
    const warm = Math.ceil(bodies / 10);
    await sendAll(base, kind, agent, 0, warm);
    const before = { cpu: cpuSecondsOf(observatory.pid), memory: megabytesOf(observatory.pid) };
    const megabytes = [before.memory];
    for (let step = 0; step < STEPS; step++) {
      const [from, to] = [step, step + 1].map((one) => warm + Math.floor((bodies * one) / STEPS));
      await sendAll(base, kind, agent, from as number, to as number);
      megabytes.push(megabytesOf(observatory.pid));
    }
    await settled(base, kind.requests * (warm + bodies));
    return { sent: bodies * kind.size, cpuSeconds: cpuSecondsOf(observatory.pid) - before.cpu, megabytes };
  } finally {
    agent.destroy();
    await observatory.stop();
  }
}

async function sendAll(base: string, kind: Kind, agent: http.Agent, from: number, to: number): Promise<void> {
  let next = from;
  const sender = async (): Promise<void> => {
    while (next < to) await send(base + kind.path, kind.type, kind.body(next++), agent);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, sender));
}

function send(url: string, type: string, body: Buffer, agent: http.Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": type, "content-length": body.length };
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new RunError(`${url} answered ${response.statusCode}`));
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Every request is in the picture, each once. Spans are counted when no more of their trace are waited for. */
async function settled(base: string, requests: number): Promise<void> {
  let [seen, doubts] = [0, ""];
  await until(
    `${requests} requests are in the picture`,
    async () => {
      const picture = (await (await fetch(`${base}/api/picture?last=3600`)).json()) as Picture;
      doubts = JSON.stringify(picture.doubts);
      seen = picture.edges.reduce((sum, edge) => sum + edge.requests, 0);
      return seen >= requests;
    },
    30_000,
  ).catch((error: Error) => {
    throw new RunError(`${error.message}: there are ${seen}, with these doubts: ${doubts}`);
  });
  if (seen !== requests) throw new RunError(`${requests} requests were sent, ${seen} are in the picture`);
}

/** User and system time. Source: proc(5), fields 14 and 15 of /proc/PID/stat; the name before them may hold spaces. */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function megabytesOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) / 1024;
}
