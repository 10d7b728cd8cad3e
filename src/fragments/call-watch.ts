// Finds the call that settled a promise: the one that was answered or ended last, in the same turn of the event loop.
import { CLIENT, PRODUCER } from "../spans/otel.ts";
import { ROLE_ATTRIBUTE, type SpanRole } from "../spans/span-role.ts";
import type { SpanEntry } from "./span-entry.ts";

/** The calls of one request, watched while somebody waits for a promise to settle. */
export class CallWatch {
  #watchers = 0;
  #last: SpanEntry | undefined = undefined;

  /** Begins to watch; call the returned function when the promise has settled: it gives the call its role. */
  begin(): (role: SpanRole) => void {
    this.#watchers++;
    return (role) => {
      this.#watchers--;
      if (this.#last !== undefined) giveRole(this.#last, role);
    };
  }

  /** A call was answered, broke or ended. */
  note(entry: SpanEntry): void {
    const { kind } = entry.span;
    if (this.#watchers === 0 || (kind !== CLIENT && kind !== PRODUCER)) return;
    this.#last = entry;
    // If the promise settles in a later turn, something else settled it, such as a timer.
    setImmediate(() => {
      if (this.#last === entry) this.#last = undefined;
    });
  }
}

function giveRole(entry: SpanEntry, role: SpanRole): void {
  if (entry.role !== undefined || entry.span.attributes[ROLE_ATTRIBUTE] !== undefined) return;
  entry.fragment.roleGiven(entry, role);
  // A span that has ended takes no attribute any more; the role is then added when we export it.
  if (entry.span.isRecording()) entry.span.setAttribute(ROLE_ATTRIBUTE, role);
}
