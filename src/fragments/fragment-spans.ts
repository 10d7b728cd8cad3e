// The spans of one fragment, and what happens to them and to the calls that they stand for.
import type { ResponseBody } from "../exchange.ts";
import { CLIENT } from "../spans/otel.ts";
import type { SpanRole } from "../spans/span-role.ts";
import { countNodes } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";
import { CallWatch } from "./call-watch.ts";
import { fittingTree, rootAlone } from "./kept-answer.ts";
import { isSuspect } from "./read-span.ts";
import type { Failure, SpanEntry } from "./span-entry.ts";
import { Aged, type Chained } from "./span-table.ts";

/** An entry as its fragment, and nobody else, changes it. */
type Entry = { -readonly [Field in keyof SpanEntry]: SpanEntry[Field] } & Chained;

/** An entry as the tables hold it. */
export type KeptEntry = SpanEntry & Chained;

/** The part of a fragment that its spans are. */
export abstract class FragmentSpans extends Aged {
  #root: Entry | undefined = undefined;
  readonly #entries: Entry[] = [];
  #live = 0;
  /** Signs of failure so far, of spans that have ended. */
  #signs = 0;
  #lost = 0;
  #nodesKept = 0;
  #exportedBeneath = false;
  /** Where the search for a span to let go goes on. */
  #cursor = 0;
  #watch: CallWatch | undefined = undefined;

  /** The first span; there is one right after the fragment was made. */
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

  /** Failed spans of which only the number is left. */
  get lost(): number {
    return this.#lost;
  }

  /** A callee exported spans although the head sampler said no. */
  get exportedBeneath(): boolean {
    return this.#exportedBeneath;
  }

  /** Whoever wants to know which call settles a promise. */
  get watch(): CallWatch {
    this.#watch ??= new CallWatch();
    return this.#watch;
  }

  /** Signs of failure beneath the root, of live spans too; whatever adds one may change what came out of the request. */
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

  /** One sign more, of the request itself. */
  protected raise(): void {
    this.#signs++;
  }

  /** At least so many nodes are missing. */
  protected lose(atLeast: number): void {
    this.#lost = Math.max(this.#lost, atLeast);
  }

  /** All spans but the root go, and so many nodes with them. */
  protected keepRootAlone(nodes: number): void {
    this.#lost += Math.max(nodes, 1);
    this.#entries.length = 0;
    this.#entries.push(this.#root as Entry);
  }

  /** All spans go, and what they hold of the transport. */
  protected letSpansGo(): void {
    for (const entry of this.#entries) entry.body = undefined;
    this.#entries.length = 0;
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
    if (isSuspect(entry.span)) this.#suspect(entry);
  }

  /** A call for which there was no room ends. */
  unkeptEnded(entry: SpanEntry, moment: number): void {
    (entry as Entry).end = moment;
  }

  /** A failed span for which there was no room has ended beneath `above`: only its number is left. */
  spanLost(above: SpanEntry | undefined): void {
    this.#lost++;
    if (above !== undefined) (above as Entry).thinned = true;
  }

  /** The program has said what a call is to the request, or a call that settled a promise was found. */
  roleGiven(entry: SpanEntry, role: SpanRole): void {
    (entry as Entry).role = role;
    // What was decided of its failure may be another thing now.
    if (entry.suspect) this.#signs++;
  }

  /** Another span stands for the same call. */
  twinFound(entry: SpanEntry): void {
    (entry as Entry).twin = true;
  }

  /** The error that a span recorded came from beneath another request. */
  errorShared(entry: SpanEntry): void {
    (entry as Entry).sharedError = true;
  }

  // What happens to its calls.

  /** A response head came back on a call, in place of an earlier one if the call was redirected. */
  callResponded(entry: SpanEntry, status: number, moment: number, body: ResponseBody | undefined): void {
    const call = entry as Entry;
    call.status = status;
    call.answered = moment;
    this.#answer(call, undefined);
    call.body = body;
    this.#watch?.note(entry);
    if (status >= 400) this.#suspect(entry);
  }

  /** The head had an answer of the callee; returns how many nodes of its tree there was no room for. */
  callAnswered(entry: SpanEntry, answer: Answer): number {
    if (answer.tree !== undefined || answer.exported) this.#suspect(entry);
    return this.#answer(entry as Entry, answer);
  }

  /** An answer came behind the body. Its tree replaces what the head said, and what was exported stays exported. */
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

  /** A call broke before its response was whole. */
  callBroke(entry: SpanEntry, failure: Failure): void {
    (entry as Entry).broke = failure;
    this.#watch?.note(entry);
    this.#suspect(entry);
  }

  /** A call for which there was no room is now counted as so many nodes. */
  callRecounted(entry: SpanEntry, nodes: number): void {
    this.#lost += nodes - (entry.countedAs ?? 0);
    (entry as Entry).countedAs = nodes;
    if (nodes > 0 && entry.parent !== undefined) (entry.parent as Entry).thinned = true;
  }

  /** A call still ran for so many milliseconds when the request was about to report a failure. */
  callPending(entry: SpanEntry, ms: number | undefined): void {
    (entry as Entry).pendingMs = ms;
  }

  /** Lets go of all that ended well; returns what has gone. */
  protected letDoneGo(): readonly KeptEntry[] {
    const gone: Entry[] = [];
    const kept: Entry[] = [];
    // From the last to the first: what stands beneath a span began after it.
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const entry = this.#entries[i] as Entry;
      if (this.#canGo(entry)) {
        gone.push(entry);
        this.#drop(entry);
      } else kept.push(entry);
    }
    this.#entries.length = 0;
    this.#entries.push(...kept.reverse());
    return gone;
  }

  /** Lets go of a span that ended well, for which so many are looked at; `undefined` if there is none among them. */
  makesRoom(probes: number): KeptEntry | undefined {
    const entries = this.#entries;
    for (let probe = 0; probe < probes; probe++) {
      this.#cursor = (this.#cursor + 1) % entries.length;
      const entry = entries[this.#cursor] as Entry;
      if (!this.#canGo(entry)) continue;
      this.#drop(entry);
      const last = entries.pop() as Entry;
      if (last !== entry) entries[this.#cursor] = last;
      return entry;
    }
    return undefined;
  }

  #suspect(entry: SpanEntry): void {
    if (entry.suspect) return;
    (entry as Entry).suspect = true;
    if (entry !== this.#root) this.#signs++;
  }

  /** Keeps of an answer what there is room for, in place of an earlier one; returns how many nodes there was none for. */
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
    // Of a call for which there is no room the number of nodes is all that is asked for.
    const tree = isCounted ? rootAlone(answer.tree) : fittingTree(answer.tree, this.#nodesKept);
    if (!isCounted) this.#nodesKept += countNodes(tree.root);
    entry.answer = tree === answer.tree ? answer : { ...answer, tree };
    return tree.omitted - answer.tree.omitted;
  }

  /** True for a span that ended well and has nothing beneath it. */
  #canGo(entry: Entry): boolean {
    if (entry.end === Number.POSITIVE_INFINITY || entry.suspect || entry.children > 0) return false;
    return entry !== this.#root && !(entry.span.kind === CLIENT && entry.answer?.exported);
  }

  #drop(entry: Entry): void {
    if (entry.parent !== undefined) (entry.parent as Entry).children--;
  }
}
