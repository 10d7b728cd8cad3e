// `npm run e2e:memory`: a million requests, many of them leaking, late or abandoned; the heap must not grow with them.
import { mkdirSync } from "node:fs";
import { styleText } from "node:util";
import { progress } from "../../bench/bench.ts";
import { Measured } from "./measured.ts";
import { type MemoryOptions, readOptions, USAGE } from "./options.ts";
import { NOTES, type Point, slopeOf, tableOf, wrongIn } from "./report.ts";
import { startUpstream } from "./upstream.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    return await run(readOptions(args));
  } catch (error) {
    const { code, message, stack } = error as Error & { readonly code?: string };
    problem(code === "BENCH" ? message : String(stack));
    return 1;
  }
}

async function run(options: MemoryOptions): Promise<number> {
  const start = performance.now();
  if (options.snapshots !== undefined) mkdirSync(options.snapshots, { recursive: true });
  const upstream = await startUpstream();
  const services: Measured[] = [];
  const points: Point[] = [];
  try {
    const on = await Measured.start("on", upstream.port, options);
    services.push(on);
    const off = await Measured.start("off", upstream.port, options);
    services.push(off);
    for (let requests = options.every; requests <= options.requests; requests += options.every) {
      const readings = [on.advance(), requests <= options.baseline ? off.advance() : undefined] as const;
      const [withLibrary, without] = await Promise.all(readings);
      points.push({ requests, on: withLibrary, off: without });
      progress(passing(points, performance.now() - start));
    }
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    upstream.stop();
  }
  report(points, performance.now() - start);
  return wrongIn(points).length === 0 ? 0 : 1;
}

/** One line while it goes on. */
function passing(points: readonly Point[], ms: number): string {
  const { requests, on, off } = points.at(-1) as Point;
  const heap = (bytes: number): string => `${(bytes / 1_000_000).toFixed(2)} MB`;
  return styleText(
    "dim",
    `${requests.toLocaleString("en")} requests, ${(ms / 1_000).toFixed(0)} s: heap ${heap(on.heap)}${off === undefined ? "" : `, off ${heap(off.heap)}`}`,
    { stream: process.stderr },
  );
}

function report(points: readonly Point[], ms: number): void {
  const { on } = points.at(-1) as Point;
  const lines = [
    tableOf(points),
    "",
    `bytes of heap per request since the first reading: ${slopeOf(points, "on").toFixed(2)}, off ${slopeOf(points, "off").toFixed(2)}`,
    `counted: ${Object.entries(on.counts)
      .map(([name, count]) => `${name} ${count.toLocaleString("en")}`)
      .join(", ")}`,
    "",
    NOTES,
    "",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  const wrong = wrongIn(points);
  for (const line of wrong) problem(line);
  const verdict = wrong.length === 0 ? "the heap stays as it is" : `${wrong.length} things are wrong`;
  process.stdout.write(
    `${styleText(["bold", wrong.length === 0 ? "green" : "red"], verdict)} (${(ms / 1_000).toFixed(0)} s)\n`,
  );
}

function problem(text: string): void {
  process.stderr.write(`${styleText("red", `memory: ${text}`, { stream: process.stderr })}\n`);
}
