// `npm run e2e:memory`: a million requests, many of them leaking, late or abandoned; the heap must not grow with them.
import { mkdirSync } from "node:fs";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { Measured } from "./measured.ts";
import { type MemoryOptions, OPTIONS, readOptions, USAGE } from "./options.ts";
import { NOTES, type Point, slopeOf, tableOf, wrongIn } from "./report.ts";
import { startUpstream } from "./upstream.ts";

await runProgram({
  name: "memory",
  usage: USAGE,
  options: OPTIONS,
  verdict: "the heap stays as it is",
  run: (values, undo) => run(readOptions(values), undo),
});

async function run(options: MemoryOptions, undo: Undo): Promise<string[]> {
  const start = performance.now();
  if (options.snapshots !== undefined) mkdirSync(options.snapshots, { recursive: true });
  const upstream = await startUpstream();
  await undo.add(() => upstream.stop());
  const [on, off] = await Promise.all([
    Measured.start("on", upstream.port, options, undo),
    Measured.start("off", upstream.port, options, undo),
  ]);
  const points: Point[] = [];
  for (let requests = options.every; requests <= options.requests; requests += options.every) {
    const readings = [on.advance(), requests <= options.baseline ? off.advance() : undefined] as const;
    const [withLibrary, without] = await Promise.all(readings);
    points.push({ requests, on: withLibrary, off: without });
    printProgress(passing(points, performance.now() - start));
  }
  report(points);
  return wrongIn(points);
}

/** One line while it goes on. */
function passing(points: readonly Point[], ms: number): string {
  const { requests, on, off } = points.at(-1) as Point;
  const heap = (bytes: number): string => `${(bytes / 1_000_000).toFixed(2)} MB`;
  return `${requests.toLocaleString("en")} requests, ${(ms / 1_000).toFixed(0)} s: heap ${heap(on.heap)}${off === undefined ? "" : `, off ${heap(off.heap)}`}`;
}

function report(points: readonly Point[]): void {
  const { on } = points.at(-1) as Point;
  const counts = Object.entries(on.counts).map(([name, count]) => `${name} ${count.toLocaleString("en")}`);
  print(tableOf(points));
  print(`
bytes of heap per request since the first reading: ${slopeOf(points, "on").toFixed(2)}, off ${slopeOf(points, "off").toFixed(2)}
counted: ${counts.join(", ")}

${NOTES}
`);
}
