// A bounded queue of fragments in front of the user's exporter: a fragment goes out in one export, or not at all.
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Health } from "../../health/health.ts";
import { callExporter, resourcesSettled } from "./export-call.ts";
import { backoffMs, remedyFor } from "./export-failure.ts";
import { HeldFragment, type QueuedFragment } from "./held-fragment.ts";
import { HeldFragments, type Totals } from "./held-fragments.ts";
import { countDropped, countExported, countShed } from "./queue-counts.ts";
import { SYSTEM_TIMING, type Timing, within } from "./timing.ts";

/** Bounds of the queue. Those with a default are no options: only tests set them. */
export interface QueueOptions {
  /** Most spans that are held, in line or with the exporter; beyond, fragments shed spans, or are dropped. */
  readonly maxQueuedSpans: number;
  /** Most bytes that are held, by an estimate from the lengths of names, attributes and events. @default 2048 for each span */
  readonly maxQueuedBytes?: number;
  /** How long a fragment waits for others to share an export with, in milliseconds. @default 100 */
  readonly exportDelayMs?: number;
  /** After this an export counts as failed, in milliseconds; a flush and the close take no longer either. @default 30000 */
  readonly exportTimeoutMs?: number;
}

/** Room for one span: twice what it takes with the attributes of the stock instrumentations, about 900 bytes. */
const SPAN_BYTES = 2048;
/** Room for one span with large attributes, however few may wait. */
const LEAST_BYTES = 65_536;
const EXPORT_DELAY_MS = 100;
export const EXPORT_TIMEOUT_MS = 30_000;
/** Spans of one export, as in the SDK's own processor; a larger fragment still goes out in one. */
const BATCH_SPANS = 512;
/** Bytes of one export: a gRPC receiver takes 4 MiB as installed, and our bytes are an estimate. */
const BATCH_BYTES = 1024 * 1024;
/**
 * A fragment that has failed alone so often, more than half a minute with the waits between, is put aside for one export:
 * it may be what makes the exporter fail.
 */
const LONELY_FAILURES = 6;
const FULL = "more of them wait for the exporter than may";
/** Calls at one time when all goes out at once; an OTLP exporter takes 30, and the SDK's own processor makes some. */
const LAST_CALLS = 16;

/** Takes fragments, hands them to the exporter in batches, one export at a time, until they arrived or there is no room. */
export class FragmentQueue {
  readonly #exporter: SpanExporter;
  readonly #delayMs: number;
  readonly #timeoutMs: number;
  readonly #health: Health;
  readonly #timing: Timing;
  readonly #held: HeldFragments;
  #cancelTimer: (() => void) | undefined;
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Exports that failed in a row, and may go well another time. */
  #failures = 0;
  /** Most fragments of the next export: fewer and fewer while exports fail, more and more when they succeed again. */
  #share = BATCH_SPANS;
  /** The oldest fragment, held back for one export, which shows whether it or the exporter is to blame. */
  #aside: HeldFragment | undefined;

  constructor(exporter: SpanExporter, options: QueueOptions, health: Health, timing: Timing = SYSTEM_TIMING) {
    this.#exporter = exporter;
    this.#health = health;
    this.#timing = timing;
    const { maxQueuedSpans, exportDelayMs = EXPORT_DELAY_MS, exportTimeoutMs = EXPORT_TIMEOUT_MS } = options;
    const { maxQueuedBytes = Math.max(LEAST_BYTES, maxQueuedSpans * SPAN_BYTES) } = options;
    this.#delayMs = exportDelayMs;
    this.#timeoutMs = exportTimeoutMs;
    this.#held = new HeldFragments({ spans: maxQueuedSpans, bytes: maxQueuedBytes });
  }

  /** What is held: neither exported yet nor dropped. */
  get held(): Readonly<Totals> {
    return this.#held.totals;
  }

  /**
   * Takes a fragment. If the queue is full it sheds what matters least: spans written for other services, then spans that
   * went well. Then whole fragments are dropped: the oldest that was answered well or handled, then the oldest rejected,
   * then the oldest failed one; the new one itself if it comes first of these. All of it is counted.
   */
  add(fragment: QueuedFragment): void {
    if (fragment.spans.length === 0) {
      // No span tells what it stands for.
      if (fragment.represents > 0) this.#health.count("represents_dropped", fragment.represents);
      return;
    }
    if (this.#isClosed) {
      countDropped(this.#health, [fragment], "they came after the shutdown");
      return;
    }
    let held: HeldFragment;
    try {
      held = new HeldFragment(fragment);
    } catch (error) {
      this.#health.failed("the export queue", error);
      countDropped(this.#health, [fragment], "their spans cannot be read");
      return;
    }
    const { dropped, shed } = this.#held.add(held);
    countDropped(this.#health, dropped, FULL);
    countShed(this.#health, shed, FULL);
    this.#arm();
  }

  /**
   * Tries to export all that waits, at once; resolves when it is out, when the exporter fails (what is left is tried again
   * later) or when the time limit is over. Never rejects.
   */
  forceFlush(): Promise<void> {
    return this.#closing ?? within(this.#timing, this.#timeoutMs, this.#drain());
  }

  /**
   * Tries a last time to export all that waits, at once, and takes no more; the exporter itself is left open. What is not
   * out within the time limit is dropped. Batches are handed over before this returns: who shares the exporter may be
   * about to close it. Never rejects.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      let end = (): void => {};
      // Set before any exporter is called: it may call back.
      this.#closing = new Promise((resolve) => {
        end = resolve;
      });
      this.#disarm();
      this.#putBack(false);
      void this.#exportLast().then(end);
    }
    return this.#closing;
  }

  async #exportLast(): Promise<void> {
    const workers = [this.#draining];
    for (let i = 0; i < LAST_CALLS; i++) workers.push(this.#exportAll());
    await within(this.#timing, this.#timeoutMs, Promise.all(workers));
    countDropped(
      this.#health,
      this.#held.clear(),
      "the exporter did not take them before the shutdown was over",
    );
  }

  get #isClosed(): boolean {
    return this.#closing !== undefined;
  }

  #arm(): void {
    if (this.#isClosed || this.#cancelTimer !== undefined || this.#draining !== undefined) return;
    if (this.#held.totals.fragments === 0) return;
    const ms = this.#failures === 0 ? this.#delayMs : backoffMs(this.#failures, this.#timing.random());
    this.#cancelTimer = this.#timing.after(ms, () => void this.#drain());
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #drain(): Promise<void> {
    this.#disarm();
    // Set before the exporter is called: it may call back.
    this.#draining ??= Promise.resolve()
      .then(() => this.#exportAll())
      .then(() => {
        this.#draining = undefined;
        // What failed, and what came after the last look into the line and found it draining.
        this.#arm();
      });
    return this.#draining;
  }

  /** Exports batch by batch until nothing is in line or the exporter fails. Never rejects. */
  async #exportAll(): Promise<void> {
    try {
      for (;;) {
        const batch = this.#held.take({
          spans: BATCH_SPANS,
          bytes: BATCH_BYTES,
          fragments: this.#isClosed ? BATCH_SPANS : this.#share,
        });
        if (batch.length === 0) {
          this.#putBack(false);
          return;
        }
        const error = await this.#export(batch);
        if (!this.#settle(batch, error)) return;
      }
    } catch (error) {
      this.#health.failed("the export queue", error);
    }
  }

  async #export(batch: readonly HeldFragment[]): Promise<Error | undefined> {
    const timing = this.#timing;
    const timeoutMs = this.#timeoutMs;
    const spans = batch.flatMap((held): readonly ReadableSpan[] => held.spans);
    // No turn of the event loop is lost where nothing is pending: see close().
    if (spans.some(({ resource }) => resource.asyncAttributesPending)) {
      await resourcesSettled(spans, timing, timeoutMs);
      if (batch.every(({ state }) => state === "settled")) return new Error("the shutdown was over");
    }
    return callExporter(spans, {
      exporter: this.#exporter,
      timing,
      timeoutMs,
      onLateSuccess: () => this.#arrivedLate(batch),
    });
  }

  /** Books the result of an export; false where the exporter is better left alone for a while. */
  #settle(batch: readonly HeldFragment[], error: Error | undefined): boolean {
    const open = batch.filter(({ state }) => state === "sending");
    if (error === undefined) {
      this.#failures = 0;
      this.#share = Math.min(BATCH_SPANS, this.#share * 2);
      this.#exported(open);
      this.#putBack(true);
      return true;
    }
    this.#health.count("exports_failed");
    this.#exported(open.filter(({ arrived }) => arrived));
    const left = open.filter(({ arrived }) => !arrived);
    const remedy = this.#isClosed ? "drop" : remedyFor(error);
    if (remedy === "retry") {
      this.#failures++;
      this.#share = half(batch.length);
      this.#health.once("export", `the exporter failed, failing requests wait for it: ${error.message}`);
      const [alone] = left;
      if (batch.length === 1 && alone !== undefined) this.#failedAlone(alone, error);
      else this.#held.giveBack(left);
      return false;
    }
    this.#failures = 0;
    if (remedy === "split" && batch.length > 1) {
      this.#share = half(batch.length);
      this.#held.giveBack(left);
    } else if (remedy === "split" && this.#reduce(left, error)) {
      this.#held.giveBack(left);
    } else {
      this.#drop(left, error);
    }
    this.#putBack(true);
    return true;
  }

  /** What is too large for the receiver may be taken without what matters less; false if nothing of it can go. */
  #reduce(fragments: readonly HeldFragment[], error: Error): boolean {
    let shed = 0;
    for (const held of fragments) shed += this.#held.reduce(held);
    countShed(this.#health, shed, "the exporter does not take all of them", `: ${error.message}`);
    return shed > 0;
  }

  /**
   * One fragment for which all others would wait as long as it fails. Where the next one goes out instead, it gets one more
   * try and is then dropped; where that fails too, the exporter is down, and both wait.
   */
  #failedAlone(held: HeldFragment, error: Error): void {
    held.lonelyFailures++;
    if (held.suspect) {
      this.#drop([held], error);
    } else if (this.#aside !== undefined) {
      this.#held.giveBack([held]);
      this.#putBack(false);
    } else if (held.lonelyFailures >= LONELY_FAILURES && this.#held.totals.fragments > 1) {
      this.#aside = held;
    } else {
      this.#held.giveBack([held]);
    }
  }

  /** Puts what was held back in line again; suspect where the exporter did well without it. */
  #putBack(suspect: boolean): void {
    const held = this.#aside;
    if (held === undefined) return;
    this.#aside = undefined;
    if (held.arrived) {
      this.#exported([held]);
      return;
    }
    held.lonelyFailures = 0;
    held.suspect = suspect;
    this.#held.giveBack([held]);
  }

  /** A call that was given up has brought its spans after all. What of them is in line goes out no second time. */
  #arrivedLate(batch: readonly HeldFragment[]): void {
    for (const held of batch) if (held.state === "sending") held.arrived = true;
    this.#exported(batch.filter(({ state }) => state === "waiting"));
  }

  #exported(fragments: readonly HeldFragment[]): void {
    for (const held of fragments) this.#held.settle(held);
    countExported(this.#health, fragments);
  }

  #drop(fragments: readonly HeldFragment[], error: Error): void {
    for (const held of fragments) this.#held.settle(held);
    countDropped(this.#health, fragments, "the exporter failed", `: ${error.message}`);
  }
}

function half(fragments: number): number {
  return Math.max(1, Math.floor(fragments / 2));
}
