// Looks at the signals that end a process, so that it can do something before it ends as it would have ended anyway.
import type { EventEmitter } from "node:events";

/** What is done. */
export interface OnSignal {
  /** Nobody else listens, so the process is about to end: it ends when this resolves. Must not reject, and must have a limit. */
  dying(): Promise<void>;
  /** The program listens, and decides itself when it ends. */
  told(): void;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
/** The kernel ignores a signal for the first process of a container, unless it listens: nothing that it sends to itself ends it. */
const FIRST_PID = 1;

/**
 * Listens to SIGTERM and SIGINT. If the program listens too, it finds everything as without us. If it does not, the signal ends the
 * process a moment later, and a second one at once.
 *
 * Our listener comes first and takes itself off the list before the others are called: libraries such as signal-exit count the
 * listeners, and end the process if there are none but theirs.
 */
export function watchSignals(on: OnSignal): void {
  const watches: readonly SignalWatch[] = SIGNALS.map(
    (signal) =>
      new SignalWatch(signal, {
        told: on.told,
        dying: () => {
          // Without a listener the next signal ends the process, whichever of them it is.
          for (const watch of watches) watch.leave();
          return on.dying();
        },
      }),
  );
}

class SignalWatch {
  readonly #signal: NodeJS.Signals;
  readonly #on: OnSignal;
  /** Off the list only while the listeners of the program are called. */
  #isAway = false;
  /** Called for a signal. */
  readonly #listen = (): void => this.#came();

  constructor(signal: NodeJS.Signals, on: OnSignal) {
    this.#signal = signal;
    this.#on = on;
    process.on(signal, this.#listen);
    process.on("newListener", (event) => {
      if (event === signal) queueMicrotask(() => this.#toFront());
    });
    // Before Node's own, which gives the signal up when nobody listens: the program may raise it again at once.
    (process as EventEmitter).prependListener("removeListener", (event) => {
      if (event === signal && process.listenerCount(signal) === 0) this.#comeBack();
    });
  }

  leave(): void {
    process.off(this.#signal, this.#listen);
  }

  /** A listener that was put before ours, and called once, would be gone when we look. */
  #toFront(): void {
    const listeners = process.rawListeners(this.#signal);
    // Ours is away while a signal is handled, and if the program has removed all listeners.
    if (listeners[0] === this.#listen || !listeners.includes(this.#listen)) return;
    this.leave();
    process.prependListener(this.#signal, this.#listen);
  }

  #came(): void {
    this.leave();
    if (process.listenerCount(this.#signal) > 0 || process.pid === FIRST_PID) {
      this.#isAway = true;
      // When the others have been called, which may look for listeners. One of them may raise the signal again soon after.
      process.nextTick(() => this.#comeBack());
      this.#on.told();
      return;
    }
    void this.#on.dying().finally(() => process.kill(process.pid, this.#signal));
  }

  #comeBack(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    process.prependListener(this.#signal, this.#listen);
  }
}
