// Counts what a queue exports and drops, and logs losses.
import type { CountName, Health } from "../../health/health.ts";
import type { QueuedFragment } from "./held-fragment.ts";

type Counted = Pick<QueuedFragment, "spans" | "represents">;

/** The counts of one queue. A loss is logged once for each reason `why`, with the detail of the first one. */
export class QueueCounts {
  readonly #health: Health;

  constructor(health: Health) {
    this.#health = health;
  }

  exported(fragments: readonly Counted[]): void {
    this.#count(fragments, ["fragments_exported", "spans_exported", "represents_written"]);
  }

  dropped(fragments: readonly Counted[], why: string, detail = ""): void {
    if (fragments.length === 0) return;
    this.#count(fragments, ["fragments_dropped", "spans_dropped", "represents_dropped"]);
    this.#health.once(`lost: ${why}`, `failing requests are lost, ${why}${detail}`);
  }

  /** Spans that were dropped from fragments that stay. */
  shed(spans: number, why: string, detail = ""): void {
    if (spans === 0) return;
    this.#health.count("spans_shed", spans);
    this.#health.once(
      `shed: ${why}`,
      `failing requests are exported without some of their spans, ${why}${detail}`,
    );
  }

  #count(
    fragments: readonly Counted[],
    [ofFragments, ofSpans, ofTrees]: readonly [CountName, CountName, CountName],
  ): void {
    if (fragments.length === 0) return;
    let spans = 0;
    let trees = 0;
    for (const fragment of fragments) {
      spans += fragment.spans.length;
      trees += fragment.represents;
    }
    this.#health.count(ofFragments, fragments.length);
    this.#health.count(ofSpans, spans);
    if (trees > 0) this.#health.count(ofTrees, trees);
  }
}
