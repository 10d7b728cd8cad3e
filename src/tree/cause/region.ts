// Looks at the own steps of a node, its spans down to the next nodes, for calls that came after a failure.

import { type Address, takingBackOf } from "../../spans/call.ts";
import { isRejection } from "../../spans/code.ts";
import type { Work } from "../link.ts";
import { type Failure, type Unit, wentOn } from "./going-on.ts";
import { Repeats } from "./repeats.ts";
import { NEVER, NO_STEPS, type Steps, stepsOf } from "./steps.ts";

/** A failure for which later calls are looked for in a region. */
export interface RegionFailure {
  /** The topmost span of the node's service that shows it: the call, or the step of the program. */
  readonly work: Work;
  readonly start: number;
  readonly end: number;
  /** No program treats it as a normal answer: a fault, or a rejection that stops like one. */
  readonly stops: boolean;
}

/** The node itself, or a transparent span beneath it. */
interface Level {
  readonly work: Work;
  readonly units: Unit[];
  readonly places: Map<Work, number>;
}

/** Later calls are looked for on so many levels above a failure. */
const MOST_LEVELS = 64;

/** The steps of one node, for questions about what came after its failures. */
export class Region {
  readonly #root: Work;
  readonly #reported: number;
  readonly #purpose: boolean;
  readonly #levels: Level[] = [];
  readonly #levelOf = new Map<Work, Level>();
  readonly #repeats: Repeats;
  readonly #successes: Address[] = [];

  /** @param reported - when the node reported its failure */
  constructor(root: Work, reported: number) {
    this.#root = root;
    this.#reported = reported;
    this.#purpose = isToTakeBack(root);
    this.#repeats = new Repeats(reported);
    const todo = [root];
    for (let i = 0; i < todo.length; i++) {
      const work = todo[i] as Work;
      const level: Level = { work, units: [], places: new Map() };
      this.#levels.push(level);
      this.#levelOf.set(work, level);
      for (const child of work.children) {
        if (child.entry) continue;
        this.#repeats.add(child);
        this.#noteSuccess(child);
        if (isTransparentStep(child)) todo.push(child);
      }
    }
    for (let i = this.#levels.length - 1; i >= 0; i--) this.#fill(this.#levels[i] as Level);
  }

  /** Where the calls went that succeeded before the node reported its failure. */
  get successes(): readonly Address[] {
    return this.#successes;
  }

  /** The same operation succeeded after the failure. */
  succeededLater({ work, end }: RegionFailure): boolean {
    return this.#repeats.succeeded(work, end);
  }

  /** For each failure whether the node survived it, by what it did later. */
  survived(failures: readonly RegionFailure[]): boolean[] {
    const proofs = failures.map(({ work, end }) => this.#repeats.repeated(work, end));
    const waiting = new Map<Level, { index: number; unit: number; levels: number }[]>();
    const wait = (index: number, from: Work, levels: number): void => {
      for (let work = from, steps = levels; steps < MOST_LEVELS && work !== this.#root; steps++) {
        const above = work.parent as Work;
        const level = this.#levelOf.get(above);
        const unit = level?.places.get(work);
        if (level !== undefined && unit !== undefined) {
          const queue = waiting.get(level) ?? [];
          waiting.set(level, queue);
          queue.push({ index, unit, levels: steps });
          return;
        }
        work = above;
      }
    };
    failures.forEach(({ work }, index) => {
      if (!proofs[index]) wait(index, work, 0);
    });
    for (let i = this.#levels.length - 1; i >= 0; i--) {
      const level = this.#levels[i] as Level;
      const queue = waiting.get(level);
      if (queue === undefined) continue;
      const asked = queue.map(({ index, unit }): Failure => {
        const { start, end, stops } = failures[index] as RegionFailure;
        return { unit, start, end, stops };
      });
      wentOn(level.units, asked, this.#reported).forEach((proof, at) => {
        const { index, levels } = queue[at] as { index: number; levels: number };
        if (proof) proofs[index] = true;
        else wait(index, level.work, levels + 1);
      });
    }
    return proofs;
  }

  #noteSuccess({ record: { failed, pending, call }, start }: Work): void {
    if (failed || pending !== undefined || start >= this.#reported) return;
    const address = call?.value.address;
    if (address !== undefined) this.#successes.push(address);
  }

  #fill({ work, units, places }: Level): void {
    for (const child of work.children) {
      if (child.entry) continue;
      places.set(child, units.length);
      units.push(this.#unit(child));
    }
  }

  #unit(work: Work): Unit {
    const { start, end, record } = work;
    const steps = isCall(work) ? this.#ownCall(work) : this.#callsIn(work);
    if (record.role === "compensation" || record.role === "report") {
      return { start, end, isBranch: steps.isBranch, ...NEVER };
    }
    return { start, end, ...steps };
  }

  #ownCall(work: Work): Steps {
    const { call } = work.record;
    if (call !== undefined && call.value.effect !== "acts") return { isBranch: false, ...NEVER };
    const code = codeOfCall(work);
    const isProof = !(takesBack(work) && !this.#purpose) && !(isRejection(code) && code !== this.#root.code);
    return {
      isBranch: true,
      afterRejection: work.start,
      afterFault: isProof ? work.start : NEVER.afterFault,
    };
  }

  #callsIn(work: Work): Steps {
    const level = this.#levelOf.get(work);
    const steps = level === undefined ? work.steps : stepsOf(level.units);
    const takes = !this.#purpose && takingBackOf(work.record.operation) !== undefined;
    return takes ? { ...steps, afterFault: NEVER.afterFault } : steps;
  }
}

/** The first calls in a span that is a node of its own, whatever code the node above returned. */
export function stepsWithin(work: Work): Steps {
  if (work.entry) return NO_STEPS;
  if (!isCall(work)) return work.steps;
  if (work.record.call?.value.effect !== "acts") return NO_STEPS;
  const isProof = !takesBack(work) && !isRejection(codeOfCall(work));
  return { isBranch: true, afterRejection: work.start, afterFault: isProof ? work.start : NEVER.afterFault };
}

function isCall({ record: { kind }, entry }: Work): boolean {
  return !entry && (kind === "client" || kind === "producer");
}

/** A step that says nothing itself: what stands beneath it stands beneath the node above. */
function isTransparentStep(work: Work): boolean {
  return !isCall(work) && !work.record.failed && !work.record.explicitOk;
}

/** The code of a call: its own, or its callee's if it has none. */
function codeOfCall(work: Work): Work["code"] {
  if (work.code !== "unknown") return work.code;
  return work.items.find(({ node }) => node.code !== "ok")?.node.code ?? work.code;
}

/** A call that may take something back, by itself or by the name of what it called. */
export function takesBack(work: Work): boolean {
  if (work.record.call?.value.takesBack !== undefined) return true;
  return work.children.some((child) => child.entry && takingBackOf(child.record.operation) !== undefined);
}

/** True if the request itself is there to undo something: then undoing is a step like any other. */
export function isToTakeBack(work: Work): boolean {
  let at: Work | undefined = work;
  for (let steps = 0; at !== undefined && steps < MOST_LEVELS; steps++) {
    if (takingBackOf(at.record.operation) !== undefined) return true;
    if (at.entry) return false;
    at = at.parent;
  }
  return false;
}
