// Knows when the next export is due, and holds the one timer for it.
import type { Size } from "./held-fragment.ts";
import { BATCH_BYTES, BATCH_SPANS, type QueueOptions } from "./queue-options.ts";
import type { Timing } from "./timing.ts";

/** The earliest time at which anything that waits has to be exported. */
export class DueTime {
  readonly #timing: Timing;
  readonly #onDue: () => void;
  readonly #delayMs: number;
  readonly #room: Size;
  #due = Number.POSITIVE_INFINITY;
  #timerAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(options: Required<QueueOptions>, timing: Timing, onDue: () => void) {
    const { exportDelayMs, maxQueuedSpans, maxQueuedBytes } = options;
    this.#timing = timing;
    this.#onDue = onDue;
    this.#delayMs = exportDelayMs;
    this.#room = { spans: maxQueuedSpans, bytes: maxQueuedBytes };
  }

  /** A fragment was queued. Nobody waits once an export would be full, or half of the room is taken. */
  added(isUrgent: boolean, queued: Size, held: Size): void {
    const isFull = queued.spans >= BATCH_SPANS || queued.bytes >= BATCH_BYTES;
    const isTight = held.spans >= this.#room.spans / 2 || held.bytes >= this.#room.bytes / 2;
    this.within(isUrgent || isFull || isTight ? 0 : this.#delayMs);
  }

  /** Something waits, and may for so many milliseconds. */
  within(ms: number): void {
    this.#due = Math.min(this.#due, this.#timing.now() + ms);
  }

  /** Nothing waits any more. */
  clear(): void {
    this.#due = Number.POSITIVE_INFINITY;
  }

  get isPast(): boolean {
    return this.#due <= this.#timing.now();
  }

  /** Starts the timer, unless it ends before that; none if nothing waits, or if the export is due in this very tick. */
  arm(): void {
    if (this.isPast) this.#onDue();
    else if (this.#due < this.#timerAt) this.#armAt(this.#due);
  }

  /** Starts the timer, unless it runs, whenever an export is due. */
  armAfter(ms: number): void {
    if (this.#cancel === undefined) this.#armAt(this.#timing.now() + ms);
  }

  disarm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #armAt(time: number): void {
    this.disarm();
    this.#timerAt = time;
    this.#cancel = this.#timing.after(Math.max(0, time - this.#timing.now()), this.#onDue);
  }
}
