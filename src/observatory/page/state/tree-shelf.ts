// Fetches the tree beside the list of failures: that which the reader chose or pasted, else the newest.
import { fetchTree, renderText } from "../api/api.ts";
import type { PageState, ShownTree } from "./page-state.ts";
import type { Store } from "./store.ts";

/** A kind of failure that was not shown before replaces the tree no sooner than this, in milliseconds. */
const PAUSE = 1_000;
/** One that was shown before lets the reader read for so long: in a storm of several kinds each comes again and again. */
const LONG_PAUSE = 4_000;
/** Kinds that are remembered as shown. */
const MOST_KINDS = 500;
/** Trees that are kept. */
const MOST_KEPT = 30;
/** What was pasted has no place among the traces. */
export const PASTED = "pasted";

/** The trees that were fetched. */
export class TreeShelf {
  readonly #store: Store<PageState>;
  readonly #kept = new Map<string, ShownTree>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changedAt = 0;
  readonly #shownKinds = new Set<string>();

  constructor(store: Store<PageState>) {
    this.#store = store;
  }

  /** Shows the tree that was chosen, or the newest one. */
  follow(): void {
    clearTimeout(this.#timer);
    const wait = this.#wanted().isChosen ? 0 : this.#changedAt + this.#pause() - Date.now();
    if (wait <= 0) void this.#show();
    else this.#timer = setTimeout(() => void this.#show(), wait);
  }

  #pause(): number {
    const kind = this.#store.state.failures[0]?.fingerprint;
    return kind !== undefined && this.#shownKinds.has(kind) ? LONG_PAUSE : PAUSE;
  }

  /** Renders a header value or the trace with an id. Answers the reason if that cannot be done. */
  async paste(text: string): Promise<string | undefined> {
    try {
      const tree = await renderText(text);
      this.#store.set({
        tree: { phase: "shown", of: PASTED, tree },
        view: { ...this.#store.state.view, failure: PASTED },
      });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #wanted(): { readonly id: string | undefined; readonly isChosen: boolean } {
    const { view, failures } = this.#store.state;
    if (view.failure !== undefined) return { id: view.failure, isChosen: true };
    return { id: failures[0]?.traceId, isChosen: false };
  }

  async #show(): Promise<void> {
    const { id, isChosen } = this.#wanted();
    const { tree, failures, isPaused } = this.#store.state;
    if (id === undefined || id === PASTED || (tree.phase !== "none" && tree.of === id)) return;
    if (!isChosen && tree.phase !== "none" && (isPaused || isSameKind(failures, tree.of, id))) return;
    this.#changedAt = Date.now();
    this.#note(failures.find(({ traceId }) => traceId === id)?.fingerprint);
    const kept = this.#kept.get(id);
    if (kept !== undefined) return this.#store.set({ tree: kept });
    // The tree before stays until this one is there.
    if (isChosen || tree.phase === "none") this.#store.set({ tree: { phase: "loading", of: id } });
    const fetched = await this.#fetch(id);
    if (fetched.phase === "shown") this.#keep(id, fetched);
    if (this.#wanted().id === id || !this.#wanted().isChosen) this.#store.set({ tree: fetched });
  }

  #note(kind: string | undefined): void {
    if (kind === undefined) return;
    if (this.#shownKinds.size >= MOST_KINDS) this.#shownKinds.clear();
    this.#shownKinds.add(kind);
  }

  async #fetch(of: string): Promise<ShownTree> {
    try {
      return { phase: "shown", of, tree: await fetchTree(of) };
    } catch (error) {
      return { phase: "failed", of, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #keep(id: string, tree: ShownTree): void {
    this.#kept.set(id, tree);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) return;
      this.#kept.delete(oldest);
    }
  }
}

/** A further request of the same kind does not replace the tree that is read. */
function isSameKind(failures: PageState["failures"], a: string, b: string): boolean {
  const kindOf = (id: string): string | undefined =>
    failures.find(({ traceId }) => traceId === id)?.fingerprint;
  return kindOf(a) !== undefined && kindOf(a) === kindOf(b);
}
