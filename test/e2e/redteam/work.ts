// Counts the work of the library in its own process: how often its blocks of code run, by V8's own count.
import type { ServerResponse } from "node:http";
import { Session } from "node:inspector";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** What a process did while it was watched. */
export interface Watched {
  /** Blocks of the library's code that ran. */
  readonly blocks: number;
  /** Those of the redactor. */
  readonly redacting: number;
  /** Blocks that ran while a head was written, the most for one. */
  readonly atHead: number;
  /** Longest time for which the event loop stood still, in milliseconds. For people: it says as much of the machine. */
  readonly blockMs: number;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

const LIBRARY = /\/dist\//;
const REDACTOR = /\/dist\/.*redact/;
const session = new Session();
const delay = monitorEventLoopDelay({ resolution: 1 });

// Only code that is compiled afterwards is counted block by block: this module has to be the first.
const isCounting = process.env.COUNT_WORK === "true";
if (isCounting) {
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
}

let total: Omit<Watched, "blockMs"> = { blocks: 0, redacting: 0, atHead: 0 };

/** Counts from now on. */
export function watch(): void {
  take();
  total = { blocks: 0, redacting: 0, atHead: 0 };
  delay.enable();
  delay.reset();
}

/** What was counted since. */
export function watched(): Watched {
  delay.disable();
  add(take());
  return { ...total, blockMs: delay.max / 1e6 };
}

/** Writes a head, and counts that apart. */
export function head(response: ServerResponse, status: number): ServerResponse {
  if (!isCounting) return response.writeHead(status);
  add(take());
  response.writeHead(status);
  const coverage = take();
  add(coverage);
  total = { ...total, atHead: Math.max(total.atHead, blocksIn(coverage, LIBRARY)) };
  return response;
}

function add(coverage: Coverage): void {
  total = {
    ...total,
    blocks: total.blocks + blocksIn(coverage, LIBRARY),
    redacting: total.redacting + blocksIn(coverage, REDACTOR),
  };
}

/** Counts begin again with every look. */
function take(): Coverage {
  let taken: Coverage = { result: [] };
  session.post("Profiler.takePreciseCoverage", (_error, coverage) => {
    taken = coverage as unknown as Coverage;
  });
  return taken;
}

function blocksIn({ result }: Coverage, files: RegExp): number {
  let blocks = 0;
  for (const { url, functions } of result) {
    if (!files.test(url)) continue;
    // The first range is the function itself, whose calls are not counted where they were inlined.
    for (const { ranges } of functions) for (const { count } of ranges.slice(1)) blocks += count;
  }
  return blocks;
}
