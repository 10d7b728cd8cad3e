// Finds the operations that a node repeated, and those that succeeded then.
import type { Work } from "../link.ts";

/** The latest starts of one operation, by the operation of who answered. */
interface Latest {
  all: number;
  /** Of calls whose callee is not known. */
  unknown: number;
  readonly callees: Map<string, number>;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** The operations of one node, by what they called. */
export class Repeats {
  readonly #reported: number;
  readonly #calls = new Map<string, Latest>();
  readonly #successes = new Map<string, Latest>();

  /** @param reported - when the node reported its failure: what began later is no step of it */
  constructor(reported: number) {
    this.#reported = reported;
  }

  add(work: Work): void {
    if (work.start >= this.#reported || work.record.call?.value.effect === "connects") return;
    note(this.#calls, work);
    if (!work.record.failed && work.record.pending === undefined) note(this.#successes, work);
  }

  /** The same operation was begun again after a moment. */
  repeated(work: Work, after: number): boolean {
    return isAfter(latest(this.#calls, work), work, after);
  }

  /** The same operation was begun again after a moment and succeeded. */
  succeeded(work: Work, after: number): boolean {
    return isAfter(latest(this.#successes, work), work, after);
  }
}

/** Equal times count as after; what took no time at all is not its own repetition. */
function isAfter(start: number, work: Work, after: number): boolean {
  return start > after || (start === after && work.start < after);
}

function note(starts: Map<string, Latest>, work: Work): void {
  const callee = calleeOf(work);
  for (const key of keysOf(work, callee, false)) {
    const known = starts.get(key) ?? { all: NEVER, unknown: NEVER, callees: new Map() };
    starts.set(key, known);
    known.all = Math.max(known.all, work.start);
    if (callee === undefined) known.unknown = Math.max(known.unknown, work.start);
    else known.callees.set(callee, Math.max(known.callees.get(callee) ?? NEVER, work.start));
  }
}

function latest(starts: ReadonlyMap<string, Latest>, work: Work): number {
  const callee = calleeOf(work);
  let found = NEVER;
  for (const key of keysOf(work, callee, true)) {
    const known = starts.get(key);
    if (known === undefined) continue;
    const start =
      callee === undefined ? known.all : Math.max(known.unknown, known.callees.get(callee) ?? NEVER);
    found = Math.max(found, start);
  }
  return found;
}

/** Under which names a call, or a step of the program, is known. */
function keysOf({ record, entry }: Work, callee: string | undefined, isFailure: boolean): string[] {
  if (record.kind === "internal" && !entry) return [`step ${record.operation}`];
  const target = record.call?.value.target;
  const host = record.call?.value.address?.host;
  return [
    // A redirect sends a request again to another path.
    ...(host !== undefined && (isFailure || record.call?.value.resend) ? [`resend ${host}`] : []),
    ...(target === undefined ? [] : [`call ${target}`]),
    ...(callee === undefined ? [] : [`callee ${callee}`]),
  ];
}

/** Who answered a call, as far as its spans are known. */
function calleeOf({ children }: Work): string | undefined {
  let first: string | undefined;
  for (const { entry, record } of children) {
    const name = entry ? JSON.stringify([record.service, record.operation]) : undefined;
    // Of several attempts one speaks for all, whichever came first.
    if (name !== undefined && (first === undefined || name < first)) first = name;
  }
  return first;
}
