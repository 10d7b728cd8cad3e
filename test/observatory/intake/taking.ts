// Takes things in, and shows what became of them.
import { buildPicture } from "../../../src/observatory/graph/build-picture.ts";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { Intake, type IntakeLimits } from "../../../src/observatory/intake/intake.ts";

/** In milliseconds since the epoch. */
export const START = 1_800_000_000_000;

/** An intake that takes everything of any time. */
export function newIntake(limits?: IntakeLimits): Intake {
  const bounds = { oldest: 0, newest: Number.POSITIVE_INFINITY };
  return new Intake(new Counts({ windowMs: 10_000 }), () => bounds, limits);
}

/** The picture of all that was taken in, once no more is waited for. */
export function pictureOf(intake: Intake): Picture {
  for (const _ of intake.settle(Number.POSITIVE_INFINITY));
  const { unread, outOfTime, newest } = intake.report;
  const doubts = { silent: [], droppedEdges: 0, unreadable: unread, outOfTime, notes: [] };
  return buildPicture(intake.counts, { from: 0, to: Number.MAX_SAFE_INTEGER, at: START, newest, doubts });
}

/** An attribute in OTLP's JSON. */
export function attribute(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}
