// Queues fragments for the user's exporter, within bounds: all spans of a fragment are in one export, or in none.
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Health } from "../../health/health.ts";
import { DueTime } from "./due-time.ts";
import { awaitResources, callExporter } from "./export-call.ts";
import { backoffMs, remedyFor } from "./export-failure.ts";
import { HeldFragment, type QueuedFragment } from "./held-fragment.ts";
import { HeldFragments, type Totals } from "./held-fragments.ts";
import { QueueCounts } from "./queue-counts.ts";
import { BATCH_BYTES, BATCH_SPANS, type QueueOptions, withDefaults } from "./queue-options.ts";
import { SentRequests } from "./sent-requests.ts";
import { type Timing, within } from "./timing.ts";

/**
 * A fragment that was the only one of so many failed exports, for more than half a minute with the waits between, is held
 * back for one export: it may be what makes the exporter fail.
 */
const FAILURES_ALONE = 6;
const FULL = "more of them wait for the exporter than may";
/** Calls at one time during the close; an OTLP exporter takes 30, and the SDK's own processor makes some. */
const LAST_CALLS = 16;

/** What a queue needs. */
export interface QueueParts {
  readonly exporter: SpanExporter;
  readonly options: QueueOptions;
  readonly health: Health;
  readonly timing: Timing;
}

/** Hands fragments to the exporter in batches, one export at a time, until they have arrived or there is no room for them. */
export class FragmentQueue {
  readonly #exporter: SpanExporter;
  readonly #timeoutMs: number;
  readonly #health: Health;
  readonly #counts: QueueCounts;
  readonly #timing: Timing;
  readonly #held: HeldFragments;
  readonly #next: DueTime;
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Exports that failed in a row, and are worth another try. */
  #failures = 0;
  /** Most fragments of the next export: half as many after each failure, twice as many after each success. */
  #batchFragments = BATCH_SPANS;
  /** The oldest fragment, held back for one export, which shows whether the fragment or the exporter fails. */
  #heldBack: HeldFragment | undefined;

  constructor({ exporter, options, health, timing }: QueueParts) {
    this.#exporter = exporter;
    this.#health = health;
    this.#counts = new QueueCounts(health);
    this.#timing = timing;
    const known = withDefaults(options);
    const { maxQueuedSpans, maxQueuedBytes, exportTimeoutMs } = known;
    this.#timeoutMs = exportTimeoutMs;
    this.#held = new HeldFragments({ spans: maxQueuedSpans, bytes: maxQueuedBytes });
    this.#next = new DueTime(known, timing, () => void this.#drain());
  }

  /** What is held: neither exported yet nor dropped. */
  get held(): Readonly<Totals> {
    return this.#held.totals;
  }

  /**
   * Adds a fragment. If the queue is full, spans written for other services are dropped first, then spans that succeeded.
   * Then whole fragments are dropped: the oldest that succeeded or was handled, then the oldest rejected, then the oldest
   * failed one; the new one itself if it comes first of these. All of it is counted.
   */
  add(fragment: QueuedFragment): void {
    if (fragment.spans.length === 0) {
      // There is no span to say what it stands for.
      if (fragment.represents > 0) this.#health.count("represents_dropped", fragment.represents);
      return;
    }
    if (this.#closing !== undefined) {
      this.#counts.dropped([fragment], "they came after the shutdown");
      return;
    }
    let held: HeldFragment;
    try {
      held = new HeldFragment(fragment);
    } catch (error) {
      this.#health.failed("the export queue", error);
      this.#counts.dropped([fragment], "their spans cannot be read");
      return;
    }
    const { dropped, shed } = this.#held.add(held);
    this.#counts.dropped(dropped, FULL);
    this.#counts.shed(shed, FULL);
    this.#next.added(fragment.isUrgent ?? false, this.#held.queued, this.#held.totals);
    this.#arm();
  }

  /** Takes out all that is held, because the process ends: what is with the exporter, too, unless it is known to have left. */
  takeAll(): readonly HeldFragment[] {
    const now = this.#timing.now();
    return this.#held.clear().filter(({ sent }) => sent?.haveLeft(now) !== true);
  }

  /**
   * Tries to export all that waits, at once. Resolves when it is exported, when the exporter fails (the rest is tried again
   * later) or when the time limit is over. Never rejects.
   */
  forceFlush(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    this.#next.within(0);
    return within(this.#timing, this.#timeoutMs, this.#drain());
  }

  /**
   * Tries a last time to export all that waits, at once, and takes no more fragments; the exporter itself stays open. What
   * is not exported within the time limit is dropped. Batches are handed over before this returns, because whoever shares
   * the exporter may close it next. Never rejects.
   */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      let end = (): void => {};
      // Set before any exporter is called: it may call back.
      this.#closing = new Promise((resolve) => {
        end = resolve;
      });
      this.#next.disarm();
      this.#returnHeldBack();
      void this.#exportLast().then(end);
    }
    return this.#closing;
  }

  async #exportLast(): Promise<void> {
    const workers = [this.#draining];
    for (let i = 0; i < LAST_CALLS; i++) workers.push(this.#exportAll());
    await within(this.#timing, this.#timeoutMs, Promise.all(workers));
    const left = this.#held.clear();
    this.#counts.dropped(left, "the exporter did not take them before the shutdown was over");
  }

  #arm(): void {
    if (this.#closing !== undefined || this.#draining !== undefined || this.#held.totals.fragments === 0)
      return;
    if (this.#failures === 0) this.#next.arm();
    else this.#next.armAfter(backoffMs(this.#failures, this.#timing.random()));
  }

  #drain(): Promise<void> {
    this.#next.disarm();
    // Set before the exporter is called: it may call back.
    this.#draining ??= Promise.resolve()
      .then(() => this.#exportAll())
      .then(() => {
        this.#draining = undefined;
        // For what failed, and for what was added after the last batch was taken.
        this.#arm();
      });
    return this.#draining;
  }

  /** Exports batch by batch until nothing that is queued is due, or the exporter fails. Never rejects. */
  async #exportAll(): Promise<void> {
    try {
      do {
        const batch = this.#held.take({
          spans: BATCH_SPANS,
          bytes: BATCH_BYTES,
          fragments: this.#closing !== undefined ? BATCH_SPANS : this.#batchFragments,
        });
        if (this.#held.queued.spans === 0) this.#next.clear();
        if (batch.length === 0) {
          this.#returnHeldBack();
          return;
        }
        const error = await this.#export(batch);
        if (!this.#noteResult(batch, error)) return;
      } while (this.#closing !== undefined || this.#next.isPast);
    } catch (error) {
      this.#health.failed("the export queue", error);
    }
  }

  async #export(batch: readonly HeldFragment[]): Promise<Error | undefined> {
    const parts = { exporter: this.#exporter, timing: this.#timing, timeoutMs: this.#timeoutMs };
    const spans = batch.flatMap((held): readonly ReadableSpan[] => held.spans);
    // Does not await if nothing is pending: see close().
    if (spans.some(({ resource }) => resource.asyncAttributesPending)) {
      await awaitResources(spans, this.#timing, this.#timeoutMs);
      if (batch.every(({ state }) => state === "done")) return new Error("the shutdown was over");
    }
    const sent = new SentRequests(this.#timing.now());
    for (const held of batch) held.sent = sent;
    return callExporter(spans, { ...parts, sent, onLateSuccess: () => this.#arrivedLate(batch) });
  }

  /** Notes the result of an export; false if the next one has to wait. */
  #noteResult(batch: readonly HeldFragment[], error: Error | undefined): boolean {
    const open = batch.filter(({ state }) => state === "sending");
    if (error === undefined) {
      this.#failures = 0;
      this.#batchFragments = Math.min(BATCH_SPANS, this.#batchFragments * 2);
      this.#exported(open);
      this.#returnHeldBack({ isLastTry: true });
      return true;
    }
    this.#health.count("exports_failed");
    this.#exported(open.filter(({ arrived }) => arrived));
    const left = open.filter(({ arrived }) => !arrived);
    const remedy = this.#closing !== undefined ? "drop" : remedyFor(error);
    if (remedy === "retry") {
      this.#failures++;
      this.#batchFragments = half(batch.length);
      this.#health.once("export", `the exporter failed, failing requests wait for it: ${error.message}`);
      const [alone] = left;
      if (batch.length === 1 && alone !== undefined) this.#failedAlone(alone, error);
      else this.#giveBack(left);
      return false;
    }
    this.#failures = 0;
    if (remedy === "split" && batch.length > 1) {
      this.#batchFragments = half(batch.length);
      this.#giveBack(left);
    } else if (remedy === "split" && this.#reduce(left, error)) {
      this.#giveBack(left);
    } else {
      this.#drop(left, error);
    }
    this.#returnHeldBack({ isLastTry: true });
    return true;
  }

  /** Drops the less important spans of fragments that are too large for the receiver; false if there are none. */
  #reduce(fragments: readonly HeldFragment[], error: Error): boolean {
    let shed = 0;
    for (const held of fragments) shed += this.#held.reduce(held);
    this.#counts.shed(shed, "the exporter does not take all of them", `: ${error.message}`);
    return shed > 0;
  }

  /**
   * Handles a fragment that failed as the only one of its export. All others would wait as long as it fails. If the next one
   * is exported in its place, it gets a last try and is then dropped; if that fails too, the exporter is down and both wait.
   */
  #failedAlone(held: HeldFragment, error: Error): void {
    held.failuresAlone++;
    if (held.isLastTry) {
      this.#drop([held], error);
    } else if (this.#heldBack !== undefined) {
      this.#giveBack([held]);
      this.#returnHeldBack();
    } else if (held.failuresAlone >= FAILURES_ALONE && this.#held.totals.fragments > 1) {
      this.#heldBack = held;
    } else {
      this.#giveBack([held]);
    }
  }

  /** Queues the fragment that was held back again; for a last try if the exporter did well without it. */
  #returnHeldBack({ isLastTry } = { isLastTry: false }): void {
    const held = this.#heldBack;
    if (held === undefined) return;
    this.#heldBack = undefined;
    if (held.arrived) {
      this.#exported([held]);
      return;
    }
    held.failuresAlone = 0;
    held.isLastTry = isLastTry;
    this.#giveBack([held]);
  }

  /** Queues again what has waited long enough. */
  #giveBack(fragments: readonly HeldFragment[]): void {
    this.#held.giveBack(fragments);
    if (fragments.length > 0) this.#next.within(0);
  }

  /** A call that had timed out was answered: its spans have arrived. Those that are queued again are not sent twice. */
  #arrivedLate(batch: readonly HeldFragment[]): void {
    for (const held of batch) if (held.state === "sending") held.arrived = true;
    this.#exported(batch.filter(({ state }) => state === "waiting"));
  }

  #exported(fragments: readonly HeldFragment[]): void {
    for (const held of fragments) this.#held.release(held);
    this.#counts.exported(fragments);
  }

  #drop(fragments: readonly HeldFragment[], error: Error): void {
    for (const held of fragments) this.#held.release(held);
    this.#counts.dropped(fragments, "the exporter failed", `: ${error.message}`);
  }
}

function half(fragments: number): number {
  return Math.max(1, Math.floor(fragments / 2));
}
