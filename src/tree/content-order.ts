// Orders spans by what they say: span ids are random, and so is the order in which spans arrive.
import { Hash64 } from "../spans/hash.ts";
import type { SpanRecord } from "../spans/span-record.ts";
import type { Work } from "./link.ts";

/**
 * Compares the spans of one trace: by start, by end, then by everything else that they and the spans beneath them say.
 * Spans that are still equal can change places without changing the tree. Most spans differ in their times: nothing else
 * of those is read.
 */
export class ContentOrder {
  readonly #all: Iterable<Work>;
  #ranks: Ranks | undefined;
  #made: Map<Work, string> | undefined;

  /** @param all - every span of the trace */
  constructor(all: Iterable<Work>) {
    this.#all = all;
  }

  get #hashes(): Map<Work, string> {
    this.#made ??= new Map();
    return this.#made;
  }

  /** For `sort`. No cycle may stand beneath the spans. */
  readonly compare = (a: Work, b: Work): number =>
    compareTimes(a.record, b.record) || compareTexts(this.#hashOf(a), this.#hashOf(b));

  /** Iterative, children before parents. */
  #hashOf(root: Work): string {
    const order = [root];
    for (let i = 0; i < order.length; i++) {
      const work = order[i] as Work;
      if (!this.#hashes.has(work)) for (const child of work.children) order.push(child);
    }
    for (let i = order.length - 1; i >= 0; i--) {
      const work = order[i] as Work;
      if (!this.#hashes.has(work)) this.#hashes.set(work, this.#hash(work));
    }
    return this.#hashes.get(root) as string;
  }

  #hash({ record, children }: Work): string {
    this.#ranks ??= ranksOf(this.#all);
    const { start, end, head, ...rest } = record;
    const ranks = this.#ranks.get(record.service);
    const hash = new Hash64().text(contentOf(rest));
    for (const time of [start, end, head]) hash.text(`${time === undefined ? "" : ranks?.get(time)}`);
    for (const child of children.map((one) => this.#hashes.get(one) as string).sort()) hash.text(child);
    return hash.hex();
  }
}

/** Compares spans among which there may be a cycle, each by itself alone; ids decide between those that say the same. */
export function compareAlone({ record: a }: Work, { record: b }: Work): number {
  return compareTimes(a, b) || compareTexts(contentOf(a), contentOf(b)) || compareTexts(a.spanId, b.spanId);
}

/** What a span says, without its ids. */
export function contentOf(record: Partial<SpanRecord>): string {
  const { spanId: _, parentId: __, ...content } = record;
  return JSON.stringify(content);
}

/** By service, the place of each of its times among all of them: the same whatever the unit, and however its clock is set. */
type Ranks = ReadonlyMap<string, ReadonlyMap<number, number>>;

function ranksOf(all: Iterable<Work>): Ranks {
  const times = new Map<string, Set<number>>();
  for (const { record } of all) {
    const known = times.get(record.service) ?? new Set();
    times.set(
      record.service,
      known
        .add(record.start)
        .add(record.end)
        .add(record.head ?? record.end),
    );
  }
  const ranks = new Map<string, ReadonlyMap<number, number>>();
  for (const [service, known] of times) {
    const sorted = [...known].sort((a, b) => (a < b ? -1 : 1));
    ranks.set(service, new Map(sorted.map((time, rank) => [time, rank])));
  }
  return ranks;
}

function compareTimes(a: SpanRecord, b: SpanRecord): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  return 0;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
