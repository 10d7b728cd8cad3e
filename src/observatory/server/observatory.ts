// Holds what the observatory knows, and tells its listeners what is new.
import { buildPicture, type Judge } from "../graph/build-picture.ts";
import { Counts } from "../graph/counts.ts";
import type { Doubts, Failure, Picture } from "../graph/picture.ts";
import { servicesOf } from "../graph/services.ts";
import { Intake, type IntakeLimits } from "../intake/intake.ts";
import type { TimeBounds } from "../intake/intake-report.ts";
import type { OpenTrace } from "../intake/open-traces.ts";
import { Failures } from "./failures.ts";
import { type DrawnTree, type Rendering, renderedJson } from "./rendering.ts";

/** What an observatory is made of. */
export interface ObservatoryOptions {
  readonly rendering: Rendering;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Width of a window, in seconds. @default 10 */
  readonly windowSeconds?: number;
  /** How long windows are kept, in seconds. @default 3600 */
  readonly keepSeconds?: number;
  readonly judge?: Judge | undefined;
  /** What others have counted: it is shown in place of what is taken in here. */
  readonly elsewhere?: Elsewhere | undefined;
  /** The end of what a source has told that fills whole windows, in milliseconds since the epoch. @default now */
  readonly until?: (() => number | undefined) | undefined;
  /** Of Jaeger's page, for links. */
  readonly jaegerUrl?: string | undefined;
  readonly limits?: IntakeLimits;
}

/** Counts of others. */
export interface Elsewhere {
  readonly counts: Counts;
  /** Time of the newest thing in them, in milliseconds since the epoch. */
  readonly newest: number | undefined;
}

/** Hears what is new. */
export interface Listener {
  /** A window is over. */
  windowOver(): void;
  failure(failure: Failure): void;
  doubts(doubts: Doubts): void;
}

/** A span of time of a picture: the last so many seconds, or from one moment to another. */
export type Span = { readonly last: number } | { readonly from: number; readonly to: number };

/** What is from later than this counts as from the future: clocks may differ. */
const MOST_AHEAD_MS = 60_000;
/** A trace that has failed is shown when nothing of it came for so long; it is shown again if more comes. */
const QUIET_MS = 500;
/** A trace is counted when nothing of it came for so long: spans are exported every five seconds. */
const SETTLED_MS = 8_000;
/** A service that has sent nothing for so long is silent: metrics are exported every minute. */
const SILENT_MS = 150_000;
const MOST_SILENT = 50;
/** Trees of one tick: the list holds no more than a few hundred, and to build them takes time. */
const MOST_SHOWN = 50;
/** Spans of these trees, unless one tree alone has more: a tree of some thousands takes a quarter of a second. */
const MOST_SHOWN_SPANS = 20_000;
/** Spans that are counted in one tick. */
const MOST_SETTLED = 10_000;
/** Older windows are put together into ones of this width. */
const WIDE_MS = 60_000;
const NARROW_MS = 600_000;
const DOUBTS_EVERY_MS = 1_000;

/** Everything but the network. */
export class Observatory {
  readonly intake: Intake;
  readonly keepSeconds: number;
  readonly #options: ObservatoryOptions;
  readonly #failures: Failures;
  readonly #listeners = new Set<Listener>();
  /** Sentences about sources, by the source. */
  readonly #notes = new Map<string, string>();
  #lookedAt: number;
  #window: number;
  /** Failures of this tick. */
  #shown = 0;
  #shownSpans = 0;
  #doubts = "";
  #doubtsAt = 0;

  constructor(options: ObservatoryOptions) {
    const { windowSeconds = 10, keepSeconds = 3600, now, limits, jaegerUrl } = options;
    this.#options = options;
    this.keepSeconds = keepSeconds;
    const counts = new Counts({ windowMs: windowSeconds * 1000 });
    this.intake = new Intake(counts, () => this.#bounds(), limits);
    this.#failures = new Failures(jaegerUrl);
    this.#lookedAt = now();
    this.#window = this.#windowOf(now());
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a source has to say of itself, as a whole sentence; `undefined` if all is well again. */
  note(source: string, text: string | undefined): void {
    if (text === undefined) this.#notes.delete(source);
    else this.#notes.set(source, text);
  }

  /** To be called some times a second. */
  tick(): void {
    const now = this.#options.now();
    this.#shown = 0;
    this.#shownSpans = 0;
    const from = this.#lookedAt - QUIET_MS;
    // First of all: what cannot be shown must not come up again and again.
    this.#lookedAt = now;
    for (const trace of this.intake.failing(from, now - QUIET_MS)) this.#fail(trace);
    this.#settle(now - SETTLED_MS);
    this.#tidy();
    const window = this.#windowOf(now);
    if (window !== this.#window) {
      this.#window = window;
      for (const listener of this.#listeners) listener.windowOver();
    }
    if (now - this.#doubtsAt >= DOUBTS_EVERY_MS) this.#tellDoubts(now);
  }

  /** Shows the tree of a trace that may have failed, and that did not come in here. */
  show(trace: OpenTrace): void {
    this.#fail(trace);
  }

  picture(span: Span): Picture {
    const at = this.#options.now();
    const counts = this.#counts;
    const reference = this.#reference(at);
    const to = "last" in span ? reference : Math.min(span.to, reference);
    const from = "last" in span ? reference - span.last * 1000 : span.from;
    const aligned = counts.startOf(from);
    return buildPicture(counts, {
      ...{ from: aligned, to: Math.max(to, aligned), at },
      newest: this.#newest,
      doubts: this.doubts(),
      judge: this.#options.judge,
    });
  }

  doubts(): Doubts {
    const counts = this.#counts;
    const { report } = this.intake;
    const since = this.#reference(this.#options.now()) - SILENT_MS;
    const silent = [...servicesOf(counts)].flatMap(([name, last]) => (last < since ? [name] : []));
    return {
      silent: silent.sort().slice(0, MOST_SILENT),
      droppedEdges: counts.droppedEdges(),
      unreadable: report.unread,
      outOfTime: report.outOfTime,
      notes: [...this.#notes.values(), ...this.#leftOut()],
    };
  }

  failures(most: number): Failure[] {
    return this.#failures.list(most);
  }

  /** The tree of a failure in the list, as the JSON of a `RenderedTree`. */
  failure(traceId: string): string | undefined {
    const trace = this.#failures.traceOf(traceId);
    const drawn = trace === undefined ? undefined : this.#options.rendering.render(trace);
    return drawn === undefined ? undefined : this.#json(drawn);
  }

  /** The tree in a text that somebody pasted, in the same way. */
  async paste(text: string, signal: AbortSignal): Promise<string | { readonly error: string }> {
    const known = this.failure(text.trim().toLowerCase());
    if (known !== undefined) return known;
    const pasted = await this.#options.rendering.paste(text, signal);
    return "error" in pasted ? pasted : this.#json(pasted);
  }

  /** Counts what is complete, some of it at a time: the rest waits for the next tick. */
  #settle(since: number): void {
    let spans = 0;
    for (const trace of this.intake.settle(since)) {
      if (trace.hasFailed) this.#fail(trace);
      spans += trace.records.length;
      if (spans >= MOST_SETTLED) return;
    }
  }

  #json(drawn: DrawnTree): string {
    const { traceId } = drawn;
    return renderedJson(drawn, traceId === undefined ? undefined : this.#failures.jaegerUrlOf(traceId));
  }

  #fail(trace: OpenTrace): void {
    if (this.#failures.has(trace)) return;
    const spans = this.#shownSpans + trace.records.length;
    if (this.#shown >= MOST_SHOWN || (this.#shown > 0 && spans > MOST_SHOWN_SPANS)) {
      this.intake.report.leftOut("Failing traces that are not in the list because very many came at once");
      return;
    }
    this.#shown++;
    this.#shownSpans = spans;
    const found = this.#options.rendering.failureOf(trace);
    if (found === undefined) return;
    const failure = this.#failures.add(found, trace);
    for (const listener of this.#listeners) listener.failure(failure);
  }

  /** What stands for now: the clock, or the end of a log that was read and ends before everything that is kept. */
  #reference(now: number): number {
    const until = this.#options.until?.();
    if (until !== undefined) return until;
    const newest = this.#newest;
    return newest === undefined || newest > now - this.keepSeconds * 1000 ? now : newest + 1;
  }

  #bounds(): TimeBounds {
    const { newest = Number.NEGATIVE_INFINITY } = this.intake.report;
    const now = this.#options.now();
    return { oldest: Math.min(newest, now) - this.keepSeconds * 1000, newest: now + MOST_AHEAD_MS };
  }

  #windowOf(now: number): number {
    return Math.floor(now / this.intake.counts.windowMs);
  }

  get #counts(): Counts {
    return this.#options.elsewhere?.counts ?? this.intake.counts;
  }

  get #newest(): number | undefined {
    const { elsewhere } = this.#options;
    return elsewhere === undefined ? this.intake.report.newest : elsewhere.newest;
  }

  #tidy(): void {
    const counts = this.#counts;
    if (counts !== this.intake.counts) this.intake.counts.dropBefore(Number.POSITIVE_INFINITY);
    const reference = this.#reference(this.#options.now());
    counts.dropBefore(reference - this.keepSeconds * 1000);
    if (counts.windowMs < WIDE_MS) {
      counts.widen(reference - NARROW_MS, Math.floor(WIDE_MS / counts.windowMs) * counts.windowMs);
    }
  }

  #leftOut(): string[] {
    const sentences = [...this.intake.report.left].map(([what, count]) => `${what}: ${count}.`);
    if (this.#counts.isShort)
      sentences.push("There are so many edges that less than the wanted time can be kept.");
    return sentences;
  }

  #tellDoubts(now: number): void {
    this.#doubtsAt = now;
    const doubts = this.doubts();
    const text = JSON.stringify(doubts);
    if (text === this.#doubts) return;
    this.#doubts = text;
    for (const listener of this.#listeners) listener.doubts(doubts);
  }
}
