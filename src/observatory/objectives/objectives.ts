// Finds the quality attributes of an edge, and judges it by them.
import { type EdgeCounts, type EdgeKey, edgeId } from "../graph/edge.ts";
import type { Judgement } from "../graph/picture.ts";
import { compareSpecificity, matchesEdge } from "./edge-pattern.ts";
import { judge } from "./judge.ts";
import type { Measure, Objective, ObjectiveEntry } from "./objective.ts";

const KINDS: readonly Measure["kind"][] = ["within", "succeed"];
/** Most edges whose quality attributes are remembered: names come from peers. */
const MOST_REMEMBERED = 10_000;

/** What is known of an edge over a time. */
export type CountsOver = (windowSeconds: number) => EdgeCounts;

/** The quality attributes of a file. */
export class Objectives {
  /** As in the file. */
  readonly entries: readonly ObjectiveEntry[];
  /** Every time that is looked back, in seconds, each once. */
  readonly windows: readonly number[];
  /** The most specific first. */
  readonly #ordered: readonly ObjectiveEntry[];
  readonly #byEdge = new Map<string, readonly Objective[]>();

  constructor(entries: readonly ObjectiveEntry[]) {
    this.entries = entries;
    const windows = entries.flatMap(({ objectives }) => objectives.map(({ windowSeconds }) => windowSeconds));
    this.windows = [...new Set(windows)].sort((a, b) => a - b);
    // Of two that are equally specific the later one of the file wins.
    this.#ordered = [...entries].reverse().sort((a, b) => compareSpecificity(b.edge, a.edge));
  }

  /**
   * Judges an edge by each of its quality attributes.
   *
   * @param countsOver - what the edge has counted in the last so many seconds of what is looked at
   */
  judge(edge: EdgeKey, countsOver: CountsOver): Judgement[] {
    return this.of(edge).map((objective) => judge(objective, countsOver(objective.windowSeconds)));
  }

  /** The quality attributes of an edge: those about time and those about success each from the most specific entry that has any. */
  of(edge: EdgeKey): readonly Objective[] {
    const id = edgeId(edge);
    let found = this.#byEdge.get(id);
    if (found === undefined) {
      const matching = this.#ordered.filter((entry) => matchesEdge(entry.edge, edge));
      found = KINDS.flatMap((kind) =>
        objectivesOf(
          kind,
          matching.find((entry) => decides(kind, entry)),
        ),
      );
      if (this.#byEdge.size >= MOST_REMEMBERED) this.#byEdge.clear();
      this.#byEdge.set(id, found);
    }
    return found;
  }

  /** Entries that none of these edges matches, so that nothing is known of them: not called, or a name that is wrong. */
  unseen(edges: readonly EdgeKey[]): ObjectiveEntry[] {
    return this.entries.filter(
      ({ edge, objectives }) => objectives.length > 0 && !edges.some((one) => matchesEdge(edge, one)),
    );
  }

  /** Entries that win over `entry` for edges that both match, for objectives of this kind. */
  above(entry: ObjectiveEntry, kind: Measure["kind"]): ObjectiveEntry[] {
    const end = this.#ordered.indexOf(entry);
    return this.#ordered.slice(0, end).filter((one) => decides(kind, one));
  }
}

/** Whether an entry says something of objectives of a kind; `none` does. */
function decides(kind: Measure["kind"], { objectives }: ObjectiveEntry): boolean {
  return objectives.length === 0 || objectives.some(({ measure }) => measure.kind === kind);
}

function objectivesOf(kind: Measure["kind"], entry: ObjectiveEntry | undefined): Objective[] {
  return entry?.objectives.filter(({ measure }) => measure.kind === kind) ?? [];
}
