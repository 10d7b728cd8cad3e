// Does what the reader asks for: chooses spans of time, follows live events, and keeps the address of the page.
import type { EdgeKey } from "../../graph/edge.ts";
import { edgeId } from "../../graph/edge.ts";
import type { Doubts, Failure, Picture } from "../../graph/picture.ts";
import { ApiError, fetchFailures, fetchPicture, rememberToken } from "../api/api.ts";
import { followLive } from "../api/live.ts";
import { withFailures } from "../pure/failure-kinds.ts";
import { EdgeHistory } from "../pure/history.ts";
import { KnownGraph } from "../pure/known.ts";
import { changesInWords } from "../pure/news.ts";
import {
  FIRST_VIEW,
  fragmentOf,
  type Question,
  type TimeSpan,
  type ViewState,
  viewOf,
} from "../pure/view-state.ts";
import { LayoutClient } from "./layout-client.ts";
import { type Dialog, firstState, type PageState } from "./page-state.ts";
import { Store } from "./store.ts";
import { PASTED, TreeShelf } from "./tree-shelf.ts";

/** The page's own state and what changes it. */
export class Observatory {
  readonly store: Store<PageState> = new Store(firstState());
  readonly history: EdgeHistory = new EdgeHistory();
  readonly trees: TreeShelf = new TreeShelf(this.store);
  readonly layout: LayoutClient = new LayoutClient(
    (layout) => this.store.set({ layout }),
    (reason) => this.store.set({ problem: `The graph cannot be laid out: ${reason}` }),
  );
  readonly #known = new KnownGraph();
  #stopLive: () => void = () => {};
  #past = new AbortController();

  /** Reads the address, and begins to follow. */
  start(): void {
    this.store.set({ view: viewOf(location.hash) });
    addEventListener("hashchange", () => {
      this.show(viewOf(location.hash));
    });
    this.#follow();
    this.#fetchPast();
    this.trees.follow();
  }

  get #view(): ViewState {
    return this.store.state.view;
  }

  /** Changes what is shown, and the address with it. */
  show(patch: Partial<ViewState>): void {
    const before = this.#view;
    const view = { ...before, ...patch };
    this.store.set({ view });
    // What was pasted is on this page alone.
    const fragment = fragmentOf(view.failure === PASTED ? { ...view, failure: undefined } : view);
    history.replaceState(null, "", fragment === "" ? location.pathname + location.search : `#${fragment}`);
    const isOtherSpan = fragmentOfSpan(view) !== fragmentOfSpan(before);
    if (isOtherSpan) this.#changeSpan(before.span, view.span);
    if (isOtherSpan || view.before !== before.before) this.#fetchPast();
    if (view.failure !== before.failure) this.trees.follow();
  }

  /** Chooses a node, or none if it is chosen already. */
  chooseNode(node: string): void {
    const isChosen = this.#view.node === node;
    this.show({
      node: isChosen ? undefined : node,
      edge: undefined,
      ...(isChosen && { question: undefined }),
    });
  }

  chooseEdge({ client, server, connectionType }: EdgeKey): void {
    const chosen = this.#view.edge;
    const isChosen = chosen !== undefined && edgeId(chosen) === edgeId({ client, server, connectionType });
    this.show({
      node: undefined,
      question: undefined,
      edge: isChosen ? undefined : { client, server, connectionType },
    });
  }

  /** Asks a question, or takes it back. Two of them are about a node. */
  ask(question: Question): void {
    const { node, question: before } = this.#view;
    if (before === question) this.show({ question: undefined });
    else if (question !== "start" && node === undefined) this.say("Choose a node first.");
    else this.show({ question, edge: undefined });
  }

  /** Takes back what was chosen last: a question, a choice, a search. */
  back(): void {
    const { question, node, edge, search, unhealthyOnly } = this.#view;
    if (question !== undefined) this.show({ question: undefined });
    else if (node !== undefined || edge !== undefined) this.show({ node: undefined, edge: undefined });
    else if (search !== "" || unhealthyOnly) this.show({ search: "", unhealthyOnly: false });
  }

  /** Holds the picture, or lets it go on. */
  pause(): void {
    const { isPaused, live } = this.store.state;
    this.store.set({ isPaused: !isPaused, held: 0 });
    if (isPaused && live !== undefined && "last" in this.#view.span) this.store.set({ shown: live });
    this.say(isPaused ? "The picture goes on." : "The picture is held.");
  }

  /** Back to what happens now. */
  goLive(): void {
    if (this.store.state.isPaused) this.pause();
    if (!("last" in this.#view.span)) this.show({ span: FIRST_VIEW.span });
  }

  /** Compares with the time just before the one that is shown, or stops that. */
  compare(): void {
    const { view, shown } = this.store.state;
    if (view.before !== undefined) this.show({ before: undefined });
    else if (shown !== undefined) {
      const { from, to, oldest } = shown.picture;
      this.show({ before: Math.max(oldest, 2 * from - to) });
    }
  }

  /** Shows the folded edges of a node, or folds them again. */
  open(node: string): void {
    const opened = new Set(this.store.state.opened);
    if (!opened.delete(node)) opened.add(node);
    this.store.set({ opened });
  }

  dialog(dialog: Dialog): void {
    this.store.set({ dialog });
  }

  close(): void {
    this.store.set({ dialog: undefined });
  }

  /** Switches keys of one letter off or on. */
  useKeys(hasKeys: boolean): void {
    this.store.set({ hasKeys });
  }

  /** Tries again with a token. */
  useToken(token: string): void {
    rememberToken(token);
    this.close();
    this.#follow();
    this.#fetchPast();
  }

  /** Tells a screen reader. */
  say(said: string): void {
    this.store.set({ said });
  }

  #changeSpan(before: TimeSpan, span: TimeSpan): void {
    this.store.set({ problem: undefined });
    if (!("last" in span)) return;
    const { live } = this.store.state;
    if ("last" in before && before.last === span.last) return;
    this.#known.clear();
    this.history.clear();
    this.#follow();
    if (live !== undefined) this.store.set({ isPaused: false, held: 0 });
  }

  #follow(): void {
    this.#stopLive();
    const { span } = this.#view;
    this.store.set({ connection: { phase: "connecting", since: Date.now() } });
    this.#stopLive = followLive("last" in span ? span : FIRST_VIEW.span, {
      opened: () => {
        this.store.set({ connection: { phase: "open", since: Date.now() } });
        void this.#fetchFailures();
      },
      picture: (picture) => this.#take(picture),
      failure: (failure) => this.#fail([failure]),
      doubts: (doubts) => this.#doubt(doubts),
      lost: (reason) => {
        const { connection } = this.store.state;
        const since = connection.phase === "lost" ? connection.since : Date.now();
        this.store.set({ connection: { phase: "lost", since, reason } });
        if (connection.phase !== "lost") this.say("The connection to the observatory is lost.");
      },
      wrong: (reason) => {
        this.show({ span: FIRST_VIEW.span });
        this.store.set({ problem: reason });
      },
      refused: () => this.store.set({ connection: { phase: "refused", since: Date.now() }, dialog: "token" }),
    });
  }

  #take(picture: Picture): void {
    const { isPaused, held, shown } = this.store.state;
    const whole = this.#known.complete(picture);
    this.history.add(whole);
    const live = { picture: whole, at: Date.now() };
    const isLive = "last" in this.#view.span;
    if (isLive && !isPaused) {
      const said = changesInWords(shown?.picture, whole);
      this.store.set({ live, shown: live, doubts: picture.doubts, ...(said !== "" && { said }) });
    } else {
      this.store.set({ live, doubts: picture.doubts, ...(isPaused && { held: held + 1 }) });
    }
  }

  #doubt(doubts: Doubts): void {
    this.store.set({ doubts });
  }

  #fail(added: readonly Failure[]): void {
    this.store.set({ failures: withFailures(this.store.state.failures, added) });
    this.trees.follow();
  }

  async #fetchFailures(): Promise<void> {
    try {
      this.#fail(await fetchFailures());
    } catch {
      // The connection says so: what is there stays, and is asked for again when it opens.
    }
  }

  /** Fetches the span of the past that is shown, and that which is compared with. */
  #fetchPast(): void {
    this.#past.abort();
    this.#past = new AbortController();
    const { span, before } = this.#view;
    const { signal } = this.#past;
    if (!("last" in span)) {
      void this.#fetch(span, signal, (picture) => ({ shown: { picture, at: Date.now() } }));
    }
    if (before === undefined) {
      this.store.set({ before: undefined });
      return;
    }
    const length = "last" in span ? span.last * 1_000 : span.to - span.from;
    void this.#fetch({ from: before, to: before + length }, signal, (picture) => ({ before: picture }));
  }

  async #fetch(
    span: TimeSpan,
    signal: AbortSignal,
    patchOf: (picture: Picture) => Partial<PageState>,
  ): Promise<void> {
    try {
      const picture = await fetchPicture(span, signal);
      if (!signal.aborted) this.store.set({ ...patchOf(picture), problem: undefined });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 401) this.dialog("token");
      else this.store.set({ problem: error instanceof Error ? error.message : String(error) });
    }
  }
}

function fragmentOfSpan({ span }: ViewState): string {
  return "last" in span ? `last ${span.last}` : `${span.from} ${span.to}`;
}
