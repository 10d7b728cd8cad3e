// Says on standard error what is odd about the traces that were printed: each kind of thing a few times, then how often.
import { printable } from "../../tree/format.ts";
import type { ClockSkew } from "../clock-skew.ts";
import { shownSpanId } from "../shared-ids.ts";
import { formatDuration } from "./duration.ts";

/** How many notes of a kind are printed one by one. */
const MOST_TOLD = 3;

/** Tells notes as they come, and at the end how many were left out. */
export class Notes {
  readonly #say: (text: string) => void;
  readonly #counts = { parents: 0, skews: 0 };
  readonly #skews = new Map<string, number>();

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  missingParent(traceId: string, parentId: string, trees: number): void {
    if (this.#counts.parents++ >= MOST_TOLD) return;
    const beneath = trees === 1 ? "" : `: ${trees} failures stand beneath it`;
    this.#say(
      printable(`trace ${traceId}: parent ${shownSpanId(parentId)} is not in what was read${beneath}`),
    );
  }

  skew(traceId: string, { service, caller, least }: ClockSkew): void {
    const pair = JSON.stringify([service, caller]);
    if (this.#skews.has(pair)) return;
    this.#skews.set(pair, least);
    if (this.#counts.skews++ >= MOST_TOLD) return;
    const far = formatDuration(Math.abs(least) / 1000);
    this.#say(
      printable(
        `trace ${traceId}: clocks differ: the one of ${service} is at least ${far} ${least < 0 ? "behind" : "ahead of"} the one of ${caller}`,
      ),
    );
  }

  end(): void {
    const { parents, skews } = this.#counts;
    if (parents > MOST_TOLD) this.#say(`${parents - MOST_TOLD} more parents are not in what was read`);
    if (skews > MOST_TOLD) this.#say(`the clocks of ${skews - MOST_TOLD} more pairs of services differ`);
  }
}
