// The plan: what a robot does in a night, in forty steps. Three things go wrong.
import { setTimeout as sleep } from "node:timers/promises";
import { named, otherwise, type Part, retried, sequence } from "./steps.ts";

/** How long a step takes, in milliseconds: forty of them are ten minutes. */
const STEP_MS = 15_000;
const AISLES = 10;

/** @param speed - how many times faster than in a night */
export function nightShift(speed: number): Part {
  const step = (name: string, fault?: () => Error | undefined): Part =>
    named(name, async () => {
      await sleep(STEP_MS / speed);
      const error = fault?.();
      if (error !== undefined) throw error;
    });
  return named("night shift", sequence(...Array.from({ length: AISLES }, (_, i) => aisle(i + 1, step))));
}

/** Four steps in one aisle. */
function aisle(number: number, step: (name: string, fault?: () => Error | undefined) => Part): Part {
  let grips = 0;
  const slips = (): Error | undefined =>
    number === 3 && ++grips < 3 ? new Error("the box slipped") : undefined;
  const isBlocked = number === 6 ? () => new Error("a pallet is in the way") : undefined;
  const isEmpty = number === AISLES ? () => new RangeError("the battery is at 2 percent") : undefined;
  return named(
    `aisle ${number}`,
    sequence(
      otherwise(step("drive", isBlocked), step("take the other way")),
      step("find the box"),
      retried(3, step("grip", slips)),
      step("carry it to the gate", isEmpty),
    ),
  );
}
