// Counts traces by how they ended, for the line at the end.
import { type ErrorTree, type Verdict, verdictOf } from "../../tree/tree.ts";

/** The worst first: a trace with several trees counts once. */
const VERDICTS = ["failed", "rejected", "handled"] as const satisfies readonly Verdict[];

/** The counts of one run. */
export class Summary {
  readonly #counts = { failed: 0, rejected: 0, handled: 0 };
  #traces = 0;
  /** Trees with another verdict than the one that was asked for. */
  leftOut = 0;

  /** Counts a trace by its trees. */
  add(trees: readonly ErrorTree[]): void {
    this.#traces++;
    const verdicts = new Set<Verdict>(trees.map(({ root }) => verdictOf(root)));
    const worst = VERDICTS.find((verdict) => verdicts.has(verdict));
    if (worst !== undefined) this.#counts[worst]++;
  }

  /**
   * `300 traces: 298 failed, 1 handled; 3 kinds`; `undefined` for a single trace, which speaks for itself, and if nothing failed.
   *
   * @param kinds - of what was printed, if they were counted
   */
  text(kinds: number | undefined): string | undefined {
    const told = VERDICTS.filter((verdict) => this.#counts[verdict] > 0);
    if (this.#traces < 2 || told.length === 0) return undefined;
    const counts = told.map((verdict) => `${this.#counts[verdict]} ${verdict}`).join(", ");
    const kindsText = kinds === undefined ? "" : `; ${kinds} ${kinds === 1 ? "kind" : "kinds"}`;
    return `${this.#traces} traces: ${counts}${kindsText}`;
  }
}
