// Runs targets on made inputs, and keeps what is worth telling: faults, the slowest, the most work, the memory.
import { setImmediate } from "node:timers/promises";
import { createRandom, type Random } from "../support/random.ts";
import type { Target } from "./targets.ts";

/** What happened to the inputs of one target. */
interface Tally {
  runs: number;
  understood: number;
  throws: number;
  /** The slowest runs so far, the slowest first. */
  slowest: Slow[];
  stepsPerByte: number;
}

/** A run that took long, for its input or for what else the machine did. */
export interface Slow {
  readonly ms: number;
  readonly seed: number;
}

/** An input that something threw on. */
export interface Fault {
  readonly target: string;
  /** With this seed the first run is this one. */
  readonly seed: number;
  readonly input: string;
  readonly error: unknown;
}

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  readonly targets: Readonly<Record<string, Target>>;
  /** Called every few thousand runs. */
  progress?(done: number, faults: number): void;
  /** Bytes in use after a collection; asked for ten times. */
  memory?(): number;
}

export interface FuzzResult {
  readonly tallies: ReadonlyMap<string, Tally>;
  readonly faults: readonly Fault[];
  /** Bytes in use after each tenth of the runs. */
  readonly memory: readonly number[];
}

/** Nobody reads more of them. */
const MOST_FAULTS = 10;
/** Runs in one turn of the event loop. */
const TURN = 100;
const PROGRESS_RUNS = 1024;
/** So many of the slowest are kept, to be read again. */
const MOST_SLOW = 20;

/** Runs until all runs are done, or there are more faults than anybody reads. */
export async function fuzz({ runs, seed, targets, progress, memory }: FuzzOptions): Promise<FuzzResult> {
  const names = Object.entries(targets).flatMap(([name, { weight }]) => new Array<string>(weight).fill(name));
  const tallies = new Map(Object.keys(targets).map((name) => [name, newTally()]));
  const faults: Fault[] = [];
  const used: number[] = [];
  for (let i = 0; i < runs && faults.length < MOST_FAULTS; i++) {
    // What zlib holds for a call is given back in a later turn of the event loop.
    if (i % TURN === TURN - 1) await setImmediate();
    const runSeed = (seed + i) >>> 0;
    // Chosen apart from the input, so that the same seed makes the same input where one target is named.
    const name = createRandom(~runSeed).pick(names);
    const fault = runOnce(name, targets[name] as Target, runSeed, tallies.get(name) as Tally);
    if (fault !== undefined) faults.push(fault);
    if (i % PROGRESS_RUNS === 0) progress?.(i, faults.length);
    if (memory !== undefined && Math.floor(((i + 1) * 10) / runs) > used.length) used.push(memory());
  }
  return { tallies, faults, memory: used };
}

function newTally(): Tally {
  return { runs: 0, understood: 0, throws: 0, slowest: [], stepsPerByte: 0 };
}

function runOnce(name: string, target: Target, seed: number, tally: Tally): Fault | undefined {
  const random: Random = createRandom(seed);
  const input = target.make(random);
  tally.runs++;
  const start = performance.now();
  try {
    const { understood, stepsPerByte } = target.run(input, random);
    if (understood) tally.understood++;
    tally.stepsPerByte = Math.max(tally.stepsPerByte, stepsPerByte);
  } catch (error) {
    tally.throws++;
    return { target: name, seed, input, error };
  }
  keepSlow(tally.slowest, { ms: performance.now() - start, seed });
  return undefined;
}

function keepSlow(slowest: Slow[], run: Slow): void {
  const last = slowest[MOST_SLOW - 1];
  if (last !== undefined && last.ms >= run.ms) return;
  const place = slowest.findIndex(({ ms }) => ms < run.ms);
  slowest.splice(place < 0 ? slowest.length : place, 0, run);
  slowest.length = Math.min(slowest.length, MOST_SLOW);
}

/** How long the input of a seed takes when it is read again, in milliseconds: without what else the machine did. */
export function againMs(target: Target, seed: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const random = createRandom(seed);
    const input = target.make(random);
    const start = performance.now();
    target.run(input, random);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
