// Looks at the signals that end a process, so that it can do something before it ends as it would have ended anyway.
import { constants } from "node:os";

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
 * listeners, and end the process if there are none but theirs. One that counts only after it has waited for something finds ours.
 */
export function watchSignals(on: OnSignal): void {
  const away = new Away();
  const watches: readonly SignalWatch[] = SIGNALS.map(
    (signal) =>
      new SignalWatch(signal, away, {
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
  readonly signal: NodeJS.Signals;
  readonly #away: Away;
  readonly #on: OnSignal;
  /** Called for a signal. */
  readonly #listen = (): void => this.#came();

  constructor(signal: NodeJS.Signals, away: Away, on: OnSignal) {
    this.signal = signal;
    this.#away = away;
    this.#on = on;
    process.on(signal, this.#listen);
    process.on("newListener", (event) => {
      if (event === signal) queueMicrotask(() => this.#toFront());
    });
  }

  leave(): void {
    this.#away.delete(this);
    process.off(this.signal, this.#listen);
  }

  /** Back on the list, if it is off only while the listeners of the program are called. */
  comeBack(): void {
    if (this.#away.delete(this)) process.prependListener(this.signal, this.#listen);
  }

  /** A listener that was put before ours, and called once, would be gone when we look. */
  #toFront(): void {
    const listeners = process.rawListeners(this.signal);
    // Ours is away while a signal is handled, and if the program has removed all listeners.
    if (listeners[0] === this.#listen || !listeners.includes(this.#listen)) return;
    this.leave();
    process.prependListener(this.signal, this.#listen);
  }

  #came(): void {
    this.leave();
    if (process.listenerCount(this.signal) > 0 || process.pid === FIRST_PID) {
      this.#away.add(this);
      // When the others have been called, and what they do at once is done: they may look for listeners.
      queueMicrotask(() => process.nextTick(() => this.comeBack()));
      this.#on.told();
      return;
    }
    void this.#on.dying().finally(() => process.kill(process.pid, this.signal));
  }
}

/**
 * Those that are off the list while the listeners of the program are called. Node gives a signal up when its last listener has gone,
 * as one that is called once has before it runs: a signal that it then raises again would end the process before anything is exported.
 * So `process.kill` is watched as long, and whoever is concerned comes back first.
 */
class Away {
  readonly #watches = new Set<SignalWatch>();
  #restore: (() => void) | undefined;

  add(watch: SignalWatch): void {
    this.#watches.add(watch);
    this.#restore ??= this.#watchKill();
  }

  /** False if it was not away. */
  delete(watch: SignalWatch): boolean {
    const was = this.#watches.delete(watch);
    if (this.#watches.size === 0) {
      this.#restore?.();
      this.#restore = undefined;
    }
    return was;
  }

  #watchKill(): () => void {
    const { kill } = process;
    const watched: typeof kill = (pid, signal) => {
      // Zero and less are groups of processes.
      if (pid === process.pid || pid <= 0) this.#raised(signal ?? "SIGTERM");
      return kill.call(process, pid, signal);
    };
    process.kill = watched;
    return () => {
      // Not if the program has put its own around it: ours only passes on then.
      if (process.kill === watched) process.kill = kill;
    };
  }

  #raised(signal: string | number): void {
    for (const watch of this.#watches) {
      if (signal === watch.signal || signal === constants.signals[watch.signal]) watch.comeBack();
    }
  }
}
