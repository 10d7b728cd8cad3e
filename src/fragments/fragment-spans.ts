// Holds the spans of one fragment, counts the signs of failure among them, and records what happens to its calls.
import type { ResponseBody } from "../exchange.ts";
import { CLIENT } from "../spans/otel.ts";
import type { SpanRole } from "../spans/span-role.ts";
import { countNodes } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";
import { CallWatch } from "./call-watch.ts";
import { canGo, oldestFailure, RoomSearch } from "./droppable.ts";
import { fittingTree, rootAlone } from "./kept-answer.ts";
import { isSuspect } from "./read-span.ts";
import type { Failure, SpanEntry } from "./span-entry.ts";
import { Aged, type Chained } from "./span-table.ts";

/** An entry that can be changed: only its fragment does that. */
type Entry = { -readonly [Field in keyof SpanEntry]: SpanEntry[Field] } & Chained;

/** An entry as the tables hold it. */
export type KeptEntry = SpanEntry & Chained;

/** The base class of a fragment: its spans. */
export abstract class FragmentSpans extends Aged {
  #root: Entry | undefined = undefined;
  readonly #entries: Entry[] = [];
  #live = 0;
  /** Signs of failure that were seen so far; those of spans that have not ended are counted when {@link signs} is read. */
  #signs = 0;
  #lost = 0;
  #nodesKept = 0;
  #exportedBeneath = false;
  #bytes = 0;
  #search: RoomSearch | undefined = undefined;
  #watch: CallWatch | undefined = undefined;

  /** The first span. It is added right after the fragment is made. */
  get root(): SpanEntry {
    return this.#root as SpanEntry;
  }

  /** Spans that are kept, not always parents before children. */
  get entries(): readonly SpanEntry[] {
    return this.#entries;
  }

  /** Spans that have not ended, kept or not. */
  get live(): number {
    return this.#live;
  }

  /** How many failed spans are not kept. */
  get lost(): number {
    return this.#lost;
  }

  /** Spans beneath the root were exported although the head sampler said no: by a callee, or while the job still ran. */
  get exportedBeneath(): boolean {
    return this.#exportedBeneath;
  }

  /** Bytes that its spans take on the heap, as far as they were looked at. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Finds the call that settles a promise. */
  get watch(): CallWatch {
    this.#watch ??= new CallWatch();
    return this.#watch;
  }

  /** Signs of failure beneath the root, also of spans that have not ended; a new one may change the outcome. */
  protected get signs(): number {
    let signs = this.#signs + this.#lost;
    const entries = this.#entries;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry;
      if (entry.end !== Number.POSITIVE_INFINITY || entry.suspect || entry === this.#root) continue;
      if (isSuspect(entry.span)) signs++;
    }
    return signs;
  }

  /** The root shows that it failed. */
  protected get isRootSuspect(): boolean {
    const root = this.#root as Entry;
    return root.suspect || (root.end === Number.POSITIVE_INFINITY && isSuspect(root.span));
  }

  /** Adds a sign of failure of the request itself. */
  protected raise(): void {
    this.#signs++;
  }

  /** At least so many nodes are missing. */
  protected lose(atLeast: number): void {
    this.#lost = Math.max(this.#lost, atLeast);
  }

  /** Drops all spans but the root; `nodes` nodes are lost. */
  protected keepRootAlone(nodes: number): void {
    this.#lost += Math.max(nodes, 1);
    this.#entries.splice(0, this.#entries.length, this.#root as Entry);
    this.#bytes = 0;
  }

  /** Drops all spans, and what they hold of the transport. */
  protected letSpansGo(): void {
    for (const entry of this.#entries) entry.body = undefined;
    this.#entries.length = 0;
    this.#bytes = 0;
  }

  // What happens to its spans.

  /** A span starts. The first one is the root. */
  spanStarted(entry: SpanEntry): void {
    const parent = entry.parent as Entry | undefined;
    this.#root ??= entry as Entry;
    this.#entries.push(entry as Entry);
    this.#live++;
    if (parent === undefined) return;
    parent.children++;
    if (entry.span.kind === CLIENT) parent.hasCall = true;
  }

  /** A kept span ends. */
  spanEnded(entry: SpanEntry, moment: number): void {
    (entry as Entry).end = moment;
    this.#live--;
    this.#watch?.note(entry);
    // Its own failure is news, too, if so far only its callee's answer had made it suspect.
    if (isSuspect(entry.span)) this.#suspect(entry, entry.status < 400 && entry.broke === undefined);
  }

  /** A call that is not kept ends. */
  unkeptEnded(entry: SpanEntry, moment: number): void {
    (entry as Entry).end = moment;
  }

  /** A failed span that is not kept has ended beneath `above`: it is only counted. */
  spanLost(above: SpanEntry | undefined): void {
    this.#lost++;
    if (above !== undefined) (above as Entry).thinned = true;
  }

  /** The program gave a call a role, or the call that settled a promise was found. */
  roleGiven(entry: SpanEntry, role: SpanRole): void {
    (entry as Entry).role = role;
    // The role may change what its failure means, so the outcome is computed again.
    if (entry.suspect) this.#signs++;
  }

  /** A response head came back on a call, in place of an earlier one if the call was redirected. */
  callResponded(entry: SpanEntry, status: number, moment: number, body: ResponseBody | undefined): void {
    const call = entry as Entry;
    call.status = status;
    call.answered = moment;
    this.#answer(call, undefined);
    call.body = body;
    this.#watch?.note(entry);
    if (status >= 400) this.#suspect(entry, true);
  }

  /** The head had an answer of the callee; returns how many nodes of its tree had no room. */
  callAnswered(entry: SpanEntry, answer: Answer): number {
    if (answer.tree !== undefined || answer.exported) this.#suspect(entry);
    return this.#answer(entry as Entry, answer);
  }

  /** An answer came in a trailer. Its tree replaces the one in the head; an export that the head announced still holds. */
  callAmended(entry: SpanEntry, answer: Answer): number {
    const before = entry.answer;
    const exported = answer.exported || (before?.exported ?? false);
    if (exported) this.#exportedBeneath = true;
    let trimmed = 0;
    if (answer.tree === undefined) (entry as Entry).answer = { ...(before ?? answer), exported };
    else trimmed = this.#answer(entry as Entry, { ...answer, exported });
    if (answer.tree === undefined && !answer.exported) return trimmed;
    (entry as Entry).suspect = true;
    this.#signs++;
    return trimmed;
  }

  /** A span that says what has failed so far was exported beneath the root, which has to be exported then, too. */
  progressExported(): void {
    this.#exportedBeneath = true;
  }

  /** A call broke before its response was whole. */
  callBroke(entry: SpanEntry, failure: Failure): void {
    (entry as Entry).broke = failure;
    this.#watch?.note(entry);
    this.#suspect(entry, true);
  }

  /** Something has become known of a span that no other method says. */
  spanNoted(entry: SpanEntry, what: "unasked" | "wraps" | "twin" | "sharedError"): void {
    (entry as Entry)[what] = true;
  }

  /** A call is made once more: nothing is known of how it goes. */
  callRepeated(entry: SpanEntry): void {
    const call = entry as Entry;
    call.status = 0;
    call.answered = Number.POSITIVE_INFINITY;
    call.body = undefined;
    call.broke = undefined;
    this.#answer(call, undefined);
    if (call.suspect) this.#signs++;
  }

  /** A call that is not kept now counts as `nodes` nodes. */
  callRecounted(entry: SpanEntry, nodes: number): void {
    this.#lost += nodes - (entry.countedAs ?? 0);
    (entry as Entry).countedAs = nodes;
    if (nodes > 0 && entry.parent !== undefined) (entry.parent as Entry).thinned = true;
  }

  /** A call still ran for so many milliseconds when the request was about to report a failure. */
  callPending(entry: SpanEntry, ms: number): void {
    (entry as Entry).pendingMs = ms;
  }

  /** A span was looked at: so many bytes on the heap. */
  weighed(entry: SpanEntry, bytes: number): void {
    this.#bytes += bytes - entry.bytes;
    (entry as Entry).bytes = bytes;
  }

  /** Drops all spans that succeeded; returns them. */
  dropDone(): readonly KeptEntry[] {
    const gone: Entry[] = [];
    const isKept = (entry: Entry): boolean => {
      if (!canGo(entry, this.root)) return true;
      gone.push(entry);
      this.#drop(entry);
      return false;
    };
    // From the last to the first: children before their parents.
    const kept = this.#entries.toReversed().filter(isKept);
    this.#entries.length = 0;
    for (const entry of kept.reverse()) this.#entries.push(entry);
    return gone;
  }

  /** Drops a span that succeeded, the first of `probes` spans that can go; `undefined` if none can. */
  makesRoom(probes: number): KeptEntry | undefined {
    this.#search ??= new RoomSearch();
    return this.#takeOut(this.#search.next(this.#entries, this.root, probes));
  }

  /** Drops the oldest failure; `nodesOf` counts the nodes that are lost with it. `undefined` if none can go. */
  forgetsFailure(nodesOf: (entry: SpanEntry) => number): KeptEntry | undefined {
    const place = oldestFailure(this.#entries, this.root);
    const entry = this.#entries[place];
    if (entry === undefined) return undefined;
    this.#lost += nodesOf(entry);
    this.#answer(entry, undefined);
    if (entry.parent !== undefined) (entry.parent as Entry).thinned = true;
    return this.#takeOut(place);
  }

  #takeOut(place: number): Entry | undefined {
    const entry = this.#entries[place];
    if (entry === undefined) return undefined;
    this.#drop(entry);
    const last = this.#entries.pop() as Entry;
    if (last !== entry) this.#entries[place] = last;
    return entry;
  }

  /** With news of a failure that was known already, the outcome is computed again. */
  #suspect(entry: SpanEntry, isNews = false): void {
    if (entry.suspect && !isNews) return;
    (entry as Entry).suspect = true;
    if (entry !== this.#root) this.#signs++;
  }

  /** Keeps as much of an answer as there is room for, instead of an earlier one; returns how many nodes were cut off. */
  #answer(entry: Entry, answer: Answer | undefined): number {
    const isCounted = entry.countedAs !== undefined;
    if (entry.answer?.tree !== undefined && !isCounted) {
      this.#nodesKept -= countNodes(entry.answer.tree.root);
    }
    if (answer?.exported) this.#exportedBeneath = true;
    if (answer?.tree === undefined) {
      entry.answer = answer;
      return 0;
    }
    // Of a call that is not kept, only the number of nodes is needed.
    const tree = isCounted ? rootAlone(answer.tree) : fittingTree(answer.tree, this.#nodesKept);
    if (!isCounted) this.#nodesKept += countNodes(tree.root);
    entry.answer = tree === answer.tree ? answer : { ...answer, tree };
    return tree.omitted - answer.tree.omitted;
  }

  #drop(entry: Entry): void {
    this.weighed(entry, 0);
    if (entry.parent !== undefined) (entry.parent as Entry).children--;
  }
}
