// `npm run bench -- [NAME] [options]`: runs one bench, each of which checks its own result.
import { printProblem } from "../../collector-config/program/print.ts";
import { runProgram } from "../../collector-config/program/run-program.ts";

/** Loaded only when asked for: a bench brings what it measures. */
const BENCHES: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  middle: async (args) => runProgram((await import("./middle/bench.ts")).middleBench, args),
  render: async (args) => runProgram((await import("./render/bench.ts")).renderBench, args),
  failing: async (args) => runProgram((await import("./failing/bench.ts")).failingBench, args),
  codec: async (args) => runProgram((await import("./codec/bench.ts")).codecBench, args),
  start: async (args) => runProgram((await import("./start/bench.ts")).startBench, args),
  observatory: async (args) => runProgram((await import("./observatory/bench.ts")).observatoryBench, args),
  pipeline: async (args) => runProgram((await import("./pipeline/bench.ts")).pipelineBench, args),
};

const args = process.argv.slice(2);
const name = args[0]?.startsWith("-") === false ? (args.shift() as string) : "middle";
const names = Object.keys(BENCHES);
if (names.includes(name)) {
  await BENCHES[name]?.(args);
} else {
  printProblem(`bench: there is no bench ${name}, only ${names.join(", ")}`);
  process.exitCode = 1;
}
