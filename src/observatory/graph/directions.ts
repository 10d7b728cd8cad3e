// Finds which way the edges of plain events go, and how far clocks differ: from all that was counted on an edge, never from one request.
import type { Cell } from "./cell.ts";
import { type EdgeKey, edgeId } from "./edge.ts";
import { LogHistogram } from "./log-histogram.ts";

/** Clocks that differ by less are as good as equal: NTP does no better. In seconds. */
const LEAST_AHEAD = 0.05;
/** The log goes one way if so many of all tokens do. */
const ONE_WAY = 0.9;
/** Pairs of which something is found: a picture has no more edges. */
const MOST_PAIRS = 5_000;
/** Clocks of one machine may step, and a few events are wrong: the first and the last twentieth of all differences do not count. */
const EDGE_OF_DIFFERENCES = 0.05;

/** Two nodes, of which `a` is first by name. A difference is the time at `b` minus the time at `a`. */
interface Pair {
  readonly a: string;
  readonly b: string;
  /** Of tokens that the log has at `a` first, then at `b`. */
  readonly forth: Differences;
  /** Of tokens that the log has at `b` first. */
  readonly back: Differences;
}

/** Differences of times with their sign, in seconds. */
class Differences {
  readonly above: LogHistogram = new LogHistogram();
  readonly below: LogHistogram = new LogHistogram();

  get count(): number {
    return this.above.count + this.below.count;
  }

  /** The difference that the share `q` of all does not pass. */
  quantile(q: number): number {
    const rank = q * this.count;
    const below = this.below.count;
    if (rank <= below && below > 0) return -(this.below.quantile(1 - rank / below) ?? 0);
    return this.above.quantile((rank - below) / this.above.count) ?? 0;
  }
}

/** What was found of a pair. */
interface Finding {
  /** `log`: each token goes as the log has it. `clocks`: as its times say. Else all of them go from this node to the other one. */
  readonly trust: "log" | "clocks" | { readonly from: string };
  /** How far the clock of `b` is ahead of that of `a`, in seconds; 0 if nothing speaks for it. */
  readonly ahead: number;
}

/** Calls of an edge whose two ends are both known. */
interface Calls {
  count: number;
  readonly behind: LogHistogram;
  readonly ahead: LogHistogram;
}

/**
 * Two witnesses tell which of two nodes showed a token first: the order in the log, and the times. Both may be wrong: senders
 * that collect events disturb the log, clocks that are off falsify the times. For each pair of nodes:
 *
 * - If some constant difference of the clocks makes the times of all tokens agree with the log, the log is right. The least
 *   such difference is what the clocks are off by; it is 0 if they agree already.
 * - If not, but nearly all tokens go one way in the log, they all go that way.
 * - Else the log is disturbed, and the times decide; if nearly all of them say one thing, it holds for all.
 */
export class Directions {
  readonly #findings = new Map<string, Finding>();
  readonly #ahead = new Map<string, number>();

  /**
   * @param cells - all that is known, not just what is shown: arrows must not turn with the time that is looked at
   * @param shown - what is shown: of other pairs nothing has to be found
   */
  constructor(cells: Iterable<Cell>, shown: Iterable<Cell>) {
    const pairs = new Map<string, Pair>();
    const calls = new Map<string, Calls>();
    const ids = new Set<string>();
    for (const { key, source } of shown) {
      if (source !== "flow" && source !== "coarse" && ids.size < MOST_PAIRS) ids.add(pairId(key));
    }
    for (const cell of cells) {
      if (cell.source === "flow" || cell.source === "coarse" || !ids.has(pairId(cell.key))) continue;
      if (cell.source === "inferred" || cell.source === "reversed") addTokens(pairs, cell);
      else addCalls(calls, cell);
    }
    for (const [id, pair] of pairs) this.#findings.set(id, findingOf(pair));
    for (const [id, call] of calls) {
      const ahead = aheadOf(call);
      if (Math.abs(ahead) >= LEAST_AHEAD) this.#ahead.set(id, ahead);
    }
  }

  /** Which edge the tokens of a cell of source `inferred` or `reversed` have gone along. */
  edgeOf({ key, source }: Pick<Cell, "key" | "source">): EdgeKey {
    const trust = this.#findings.get(pairId(key))?.trust ?? "log";
    if (trust === "log") return key;
    const isTurned = trust === "clocks" ? source === "reversed" : key.client !== trust.from;
    return isTurned ? { ...key, client: key.server, server: key.client } : key;
  }

  /** How far the clock of an edge's server is ahead of its client's, in seconds, at least; `undefined` if nothing speaks for it. */
  clockAhead(key: EdgeKey): number | undefined {
    const known = this.#ahead.get(edgeId(key));
    if (known !== undefined) return known;
    const ahead = this.#findings.get(pairId(key))?.ahead ?? 0;
    if (Math.abs(ahead) < LEAST_AHEAD) return undefined;
    return key.client < key.server ? ahead : -ahead;
  }
}

function pairId({ client, server, connectionType }: EdgeKey): string {
  const [a, b] = client < server ? [client, server] : [server, client];
  return edgeId({ client: a, server: b, connectionType });
}

function addTokens(pairs: Map<string, Pair>, { key, source, counts }: Cell): void {
  const id = pairId(key);
  let pair = pairs.get(id);
  if (pair === undefined) {
    const [a, b] = key.client < key.server ? [key.client, key.server] : [key.server, key.client];
    pair = { a, b, forth: new Differences(), back: new Differences() };
    pairs.set(id, pair);
  }
  const isForth = key.client === pair.a;
  // A token that the log has at b first, and the clocks, too, has the time at b minus the time at a below 0.
  const isAbove = isForth === (source === "inferred");
  const differences = isForth ? pair.forth : pair.back;
  (isAbove ? differences.above : differences.below).merge(counts.client);
}

function findingOf({ a, b, forth, back }: Pair): Finding {
  // Whoever comes later in the log has taken time: the clocks of b are ahead by no more than this, and by no less than that.
  const most = forth.count === 0 ? Number.POSITIVE_INFINITY : forth.quantile(EDGE_OF_DIFFERENCES);
  const least = back.count === 0 ? Number.NEGATIVE_INFINITY : back.quantile(1 - EDGE_OF_DIFFERENCES);
  const ahead = nearestToZero(least, most);
  // Tokens that go both ways at once contradict the clocks only by more than a disturbed log does.
  const isOneWay = forth.count === 0 || back.count === 0;
  if (isOneWay || ahead === 0 || (least <= most && Math.abs(ahead) >= LEAST_AHEAD))
    return { trust: "log", ahead };
  const all = forth.count + back.count;
  if (forth.count >= ONE_WAY * all) return { trust: { from: a }, ahead: Math.min(0, most) };
  if (back.count >= ONE_WAY * all) return { trust: { from: b }, ahead: Math.max(0, least) };
  const later = forth.above.count + back.above.count;
  if (later >= ONE_WAY * all) return { trust: { from: a }, ahead: 0 };
  if (later <= (1 - ONE_WAY) * all) return { trust: { from: b }, ahead: 0 };
  return { trust: "clocks", ahead: 0 };
}

/** The least difference within these bounds. They may be the wrong way round: then no difference fits, and it is not 0. */
function nearestToZero(least: number, most: number): number {
  if (least > 0) return least;
  return most < 0 ? most : 0;
}

function addCalls(calls: Map<string, Calls>, { key, counts, behind, ahead }: Cell): void {
  const id = edgeId(key);
  let call = calls.get(id);
  if (call === undefined) {
    call = { count: 0, behind: new LogHistogram(), ahead: new LogHistogram() };
    calls.set(id, call);
  }
  call.count += counts.requests;
  if (behind !== undefined) call.behind.merge(behind);
  if (ahead !== undefined) call.ahead.merge(ahead);
}

/** Each call tells the least difference; if most of them tell one, the largest of these counts. */
function aheadOf({ count, behind, ahead }: Calls): number {
  if (behind.count > count / 2) return -(behind.quantile(1 - EDGE_OF_DIFFERENCES) ?? 0);
  if (ahead.count > count / 2) return ahead.quantile(1 - EDGE_OF_DIFFERENCES) ?? 0;
  return 0;
}
