// What the run can be told, and what holds where nothing is said.
import { readWholeNumber, type Values } from "../../../collector-config/program/arguments.ts";

/** Readings of the heap, the first and the last included. */
const READINGS = 10;
/** Of these, readings of the heap without the library: enough to see what grows by itself, in less than half the time. */
const BASELINE_READINGS = 4;

export interface MemoryOptions {
  readonly requests: number;
  /** Requests between two readings of the heap, a tenth of all. */
  readonly every: number;
  /** Requests to the service without the library. */
  readonly baseline: number;
  readonly seed: number;
  /** Folder for snapshots of the heap at the first reading and at the last. @default none are written */
  readonly snapshots: string | undefined;
}

export const USAGE: string = `Usage: npm run e2e:memory -- [options]

Sends requests of every kind to a service under the OpenTelemetry SDK with the library, and the first ${BASELINE_READINGS} tenths of
them to one where OTEL_ERROR_TREE_DISABLED is true as well: successes and failures, spans that never end, children that
end or begin after their request, clients that leave, responses that are destroyed, bodies that nobody reads. After each
tenth the heap is read at a quiet moment, after collections. Fails where the heap at the end is more than 10 % larger
than at the first reading, where the library counted an internal error, or where something never happened that should.

  --requests N     in ten equal parts (default 1,000,000)
  --seed N         another order of the same kinds of requests (default 1)
  --snapshots DIR  write snapshots of the heap, at the first reading and at the last, into this folder
  --help           print this
`;

export const OPTIONS = {
  requests: { type: "string", default: "1000000" },
  seed: { type: "string", default: "1" },
  snapshots: { type: "string" },
} as const;

/** @throws RunError for an option that is wrong */
export function readOptions({ requests, seed, snapshots }: Values<typeof OPTIONS>): MemoryOptions {
  const every = Math.floor(readWholeNumber("--requests", requests, READINGS, 1e9) / READINGS);
  return {
    requests: every * READINGS,
    every,
    baseline: every * BASELINE_READINGS,
    seed: readWholeNumber("--seed", seed, 1, 2 ** 31),
    snapshots,
  };
}
