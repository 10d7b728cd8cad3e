// `npm run fuzz -- [options]`: reads wild headers by the hundred thousand, and ends with 1 where anything threw.
import { MOST_STEPS_PER_BYTE } from "../support/wire/work.ts";
import { type FuzzArguments, readArguments, USAGE, UsageError } from "./arguments.ts";
import { createCorpus } from "./corpus.ts";
import { againMs, type Fault, type FuzzResult, fuzz, type Slow } from "./run.ts";
import { createTargets, type Target } from "./targets.ts";

/** What is kept may grow by so much from the first tenth of the runs to the end: code that is compiled later. */
const FLAT_BYTES = 2_000_000;
const PROGRESS_MS = 200;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const options = readArguments(args);
    if (options !== "help") return await report(options);
    print(USAGE);
    return 0;
  } catch (error) {
    process.stderr.write(`fuzz: ${error instanceof UsageError ? error.message : (error as Error).stack}\n`);
    return 1;
  }
}

async function report({ runs, seed, target }: FuzzArguments): Promise<number> {
  const all = createTargets(createCorpus());
  const targets: Readonly<Record<string, Target>> = target === undefined ? all : { [target]: all[target] };
  const collect = globalThis.gc;
  if (collect === undefined) throw new UsageError("memory is not to be seen: run with node --expose-gc");
  print(`seed ${seed}, ${count(runs)} runs`);
  const start = performance.now();
  const result = await fuzz({
    runs,
    seed,
    targets,
    progress: progressOf(runs, start),
    memory() {
      // Buffers that the first collection lets go are counted until the second.
      collect();
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    },
  });
  clearProgress();
  for (const [name, tally] of result.tallies) {
    const { understood, throws, slowest, stepsPerByte } = tally;
    if (tally.runs === 0) continue;
    print(`${name}: ${count(tally.runs)} runs, ${throws} throws, ${count(understood)} understood`);
    const target = targets[name] as Target;
    const { mostStepsPerByte = MOST_STEPS_PER_BYTE } = target;
    if (stepsPerByte > 0)
      print(`  most work ${stepsPerByte.toFixed(1)} steps a byte (bound: ${mostStepsPerByte})`);
    printSlowest(target, slowest);
  }
  for (const fault of result.faults) printFault(fault);
  const flat = printMemory(result);
  const { user, system } = process.cpuUsage();
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  print(`${seconds} s, ${((user + system) / 1e6).toFixed(0)} s of processor time`);
  return result.faults.length === 0 && flat ? 0 : 1;
}

/** The slowest when read again: the first time a run pays for what else the machine did, and for code that was compiled. */
function printSlowest(target: Target, slowest: readonly Slow[]): void {
  const again = slowest.map(({ seed }) => ({ seed, ms: againMs(target, seed) })).sort((a, b) => b.ms - a.ms);
  const [first] = again;
  if (first === undefined) return;
  const least = slowest[0]?.ms.toFixed(2);
  print(
    `  slowest ${first.ms.toFixed(2)} ms, with all that the machine did beside ${least} ms (seed ${first.seed})`,
  );
}

function printFault({ target, seed, input, error }: Fault): void {
  print(`\nthrew: ${(error as Error).stack}`);
  print(`  input in UTF-8, as hex: ${Buffer.from(input).toString("hex")}`);
  print(`  again: npm run fuzz -- --target ${target} --seed ${seed} --runs 1`);
}

/** True where what is kept did not grow. */
function printMemory({ memory }: FuzzResult): boolean {
  const first = memory[0] as number;
  const last = memory.at(-1) as number;
  const flat = last - first <= FLAT_BYTES;
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
  print(
    `memory after a tenth ${mb(first)}, at the end ${mb(last)}, at most ${mb(Math.max(...memory))}: ${flat ? "flat" : "GROWS"}`,
  );
  return flat;
}

function progressOf(runs: number, start: number): (done: number, faults: number) => void {
  let shown = start;
  return (done, faults) => {
    const now = performance.now();
    const due = process.stderr.isTTY ? PROGRESS_MS : 50 * PROGRESS_MS;
    if (now - shown < due || done === 0) return;
    shown = now;
    const line = `${count(done)} of ${count(runs)} runs, ${faults} faults, ${((now - start) / 1000).toFixed(0)} s`;
    process.stderr.write(process.stderr.isTTY ? `\r${line}\u001b[K` : `${line}\n`);
  };
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
