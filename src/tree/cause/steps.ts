// The first calls in a span, by what they prove.
import type { Unit } from "./going-on.ts";

/** The first calls in a span; see {@link Unit}. */
export type Steps = Omit<Unit, "start" | "end">;

export const NEVER: Pick<Steps, "afterFault" | "afterRejection"> = {
  afterFault: Number.POSITIVE_INFINITY,
  afterRejection: Number.POSITIVE_INFINITY,
};
export const NO_STEPS: Steps = { isBranch: false, ...NEVER };

/** What several spans beneath one come to. */
export function stepsOf(units: readonly Steps[]): Steps {
  let { isBranch, afterFault, afterRejection } = NO_STEPS;
  for (const unit of units) {
    isBranch ||= unit.isBranch;
    afterFault = Math.min(afterFault, unit.afterFault);
    afterRejection = Math.min(afterRejection, unit.afterRejection);
  }
  return { isBranch, afterFault, afterRejection };
}
