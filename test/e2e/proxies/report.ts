// What came of the run: the cells of the tables, and every single thing that is not as it should be.

/** How a cell looks: as wished, within what was promised, or wrong. */
export type Tone = "good" | "fair" | "bad";

export interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** Collects what is wrong, in words that say where. */
export class Report {
  /** Responses that the library's field, or anything else of the library, has damaged. */
  readonly harmed: string[] = [];
  /** Trees that came to somebody else than the one for whom they were made. */
  readonly replayed: string[] = [];
  /** Everything else. */
  readonly wrong: string[] = [];

  /** All of it. */
  get problems(): string[] {
    return [
      ...this.harmed.map((problem) => `harmed: ${problem}`),
      ...this.replayed.map((problem) => `replayed: ${problem}`),
      ...this.wrong.map((problem) => `wrong: ${problem}`),
    ];
  }
}

/** One table: a line for each case, a column for each proxy. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly title: string; readonly cells: readonly Cell[] }[];
  readonly notes: string;
}
