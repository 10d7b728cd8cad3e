// `npm run bench -- [NAME] [options]`: runs one bench, each of which checks its own result.
import { type Bench, BenchError } from "./bench.ts";

const DEFAULT = "middle";

/** Loaded only when asked for: a bench brings what it measures. */
const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  middle: async () => (await import("./middle/bench.ts")).middleBench,
  render: async () => (await import("./render/bench.ts")).renderBench,
  codec: async () => (await import("./codec/bench.ts")).codecBench,
  pipeline: async () => (await import("./pipeline/bench.ts")).pipelineBench,
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const named = args[0] !== undefined && !args[0].startsWith("-");
  try {
    const bench = await benchOf(named ? (args[0] as string) : DEFAULT);
    const options = named ? args.slice(1) : args;
    if (options.includes("--help") || options.includes("-h")) print(named ? bench.usage : usage(bench));
    else await bench.run(options);
    return 0;
  } catch (error) {
    const problem = error instanceof BenchError ? error.message : String((error as Error).stack);
    process.stderr.write(`bench: ${problem}\n`);
    return 1;
  }
}

async function benchOf(name: string): Promise<Bench> {
  if (Object.hasOwn(BENCHES, name)) return (BENCHES[name] as () => Promise<Bench>)();
  throw new BenchError(`there is no bench ${name}, only ${Object.keys(BENCHES).join(", ")}`);
}

function usage(bench: Bench): string {
  const names = Object.keys(BENCHES).map((name) => (name === DEFAULT ? `${name} (the default)` : name));
  return `Usage: npm run bench -- [NAME] [options]

Benches: ${names.join(", ")}

${bench.usage}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
