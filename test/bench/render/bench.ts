// How long `otel-error-tree render` takes for one large trace in each format, against JSON.parse alone on the same bytes.
import { Readable } from "node:stream";
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Program } from "../../../collector-config/program/run-program.ts";
import { main } from "../../../src/cli/main.ts";
import { type Ratio, ratioOf } from "../statistics.ts";
import { LARGE_TRACES } from "./large-trace.ts";

const OPTIONS = {
  rounds: { type: "string", default: "7" },
  spans: { type: "string", default: "100000" },
  failures: { type: "string", default: "1000" },
} as const;

/** `npm run bench -- render`. */
export const renderBench: Program<typeof OPTIONS> = {
  name: "bench",
  options: OPTIONS,
  usage: `npm run bench -- render [--rounds N] [--spans N] [--failures N]

One trace of many spans in each format: rendering against JSON.parse alone on the same bytes, in turns.

  --rounds N    measured rounds after one to warm up (default: ${OPTIONS.rounds.default})
  --spans N     spans of the trace (default: ${OPTIONS.spans.default})
  --failures N  failed spans among them (default: ${OPTIONS.failures.default})
`,
  async run(options) {
    const rounds = readWholeNumber("--rounds", options.rounds, 1, 1e6);
    const spans = readWholeNumber("--spans", options.spans, 1, 1e7);
    const failures = readWholeNumber("--failures", options.failures, 1, 1e7);
    print(
      `one trace of ${spans} spans, ${failures} failed; median of the ratios (least to most) of ${rounds} rounds`,
    );
    for (const [name, write] of Object.entries(LARGE_TRACES)) {
      const bytes = Buffer.from(write(spans, failures));
      print(`${name}, ${(bytes.length / 1e6).toFixed(1)} MB`);
      for (const format of ["text", "json", "header"]) {
        const { median, least, most } = await measure(format, bytes, rounds);
        const range = `${least.toFixed(2)} to ${most.toFixed(2)}`;
        print(`  --format ${format.padEnd(6)}  ${median.toFixed(2)} x JSON.parse (${range})`);
      }
    }
    return [];
  },
};

async function measure(format: string, bytes: Buffer, rounds: number): Promise<Ratio> {
  const parses: number[] = [];
  const renders: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const parse = await milliseconds(() => parseAll(bytes));
    const render = await milliseconds(() => renderTo(format, bytes));
    if (round === 0) continue;
    parses.push(parse);
    renders.push(render);
  }
  return ratioOf(renders, parses);
}

/** A document, or one a line. */
function parseAll(bytes: Buffer): void {
  for (const line of bytes.toString("utf8").split("\n")) JSON.parse(line);
}

async function milliseconds(work: () => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

async function renderTo(format: string, bytes: Buffer): Promise<void> {
  let printed = 0;
  const code = await main(["render", "--format", format], {
    stdin: Readable.from([bytes]),
    columns: undefined,
    env: {},
    out: (text) => {
      printed += text.length;
    },
    err: (text) => {
      throw new RunError(`render complained: ${text}`);
    },
  });
  if (code !== 0 || printed === 0)
    throw new RunError(`render ended with ${code} and printed ${printed} characters`);
}
