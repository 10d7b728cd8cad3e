// What floods the gateway.
import type { Flood } from "./call.ts";

/** One flood. */
export interface Row extends Omit<Flood, "to"> {
  readonly title: string;
  /** Part of a short run. */
  readonly short: boolean;
}

export const ROWS: readonly Row[] = [
  row("100 callees, 30 failed spans each", "/fail", 100, 30, true),
  row("300 callees, 30 failed spans each", "/fail", 300, 30, true),
  row("500 callees, 600 failed spans each", "/fail", 500, 600),
  row("2,000 callees, 20 failed spans each", "/fail", 2000, 20),
  row("500 answers that tell 600 nodes each", "/tell", 500, 600, true),
];

function row(title: string, path: Flood["path"], calls: number, nodes: number, short = false): Row {
  return { title, path, calls, nodes, short };
}
