// How long `error-tree render` takes for one large trace, against JSON.parse alone on the same bytes.
import { Readable } from "node:stream";
import { main } from "../../../src/cli/main.ts";
import { type Bench, BenchError, readNumbers } from "../bench.ts";
import { median } from "../statistics.ts";
import { largeTrace } from "./large-trace.ts";

const DEFAULTS = { rounds: 7, spans: 100_000, failures: 1_000 };

/** `npm run bench -- render`. */
export const renderBench: Bench = {
  usage: `render: one trace of many spans, in one OTLP request: rendering against JSON.parse alone, in turns.

  --rounds N    measured rounds after one to warm up (default: ${DEFAULTS.rounds})
  --spans N     spans of the trace (default: ${DEFAULTS.spans})
  --failures N  failed spans among them (default: ${DEFAULTS.failures})
`,
  async run(args) {
    const { rounds, spans, failures } = readNumbers(args, DEFAULTS);
    const bytes = Buffer.from(JSON.stringify(largeTrace(spans, failures)));
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    print(
      `one trace of ${spans} spans, ${failures} failed, ${(bytes.length / 1e6).toFixed(1)} MB of OTLP JSON`,
    );
    for (const format of ["text", "json", "header"]) {
      const ratios: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const parse = await milliseconds(() => JSON.parse(bytes.toString("utf8")));
        const render = await milliseconds(() => renderTo(format, bytes));
        if (round > 0) ratios.push(render / parse);
      }
      const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
      print(
        `--format ${format.padEnd(6)}  ${median(ratios).toFixed(2)} x JSON.parse (${range} over ${rounds} rounds)`,
      );
    }
  },
};

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
      throw new BenchError(`render complained: ${text}`);
    },
  });
  if (code !== 0 || printed === 0)
    throw new BenchError(`render ended with ${code} and printed ${printed} characters`);
}
