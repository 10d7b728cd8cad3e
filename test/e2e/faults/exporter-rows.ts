// Exporters in trouble: the application goes on failing meanwhile, and every failing tree is in the receiver in the end.
import { setTimeout } from "node:timers/promises";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import type { Sketch } from "../../support/services.ts";
import { openGate, type Trouble } from "./gate.ts";
import { isThere, judgeAnswers, judgeReceiver, judgeTrees, judgeWords, treeAbove } from "./judge.ts";
import { type Answer, type Side, startSide } from "./side.ts";

/** One kind of trouble. */
export interface ExporterRow {
  readonly title: string;
  readonly trouble: Trouble;
  /** Part of `--outage` for which it lasts. */
  readonly share: number;
}

export const EXPORTER_ROWS: readonly ExporterRow[] = [
  { title: "exporter down", trouble: "closed", share: 1 },
  { title: "exporter says 503, Retry-After", trouble: 503, share: 1 / 3 },
  { title: "exporter says 429", trouble: 429, share: 1 / 3 },
  { title: "exporter sends garbage", trouble: "garbage", share: 1 / 3 },
  { title: "exporter says 200, garbled", trouble: "garbled", share: 1 / 6 },
];

/** What came of a row. */
export interface RowReport {
  readonly title: string;
  readonly asked: number;
  readonly expected: string;
  readonly there: number;
  readonly note: string;
  readonly problems: readonly string[];
  /** Of which the logs are still to be compared. */
  readonly services: readonly NodeProcess[];
}

/** How long it may take after the trouble until all is there: the longest wait of the queue, and the exporter's own. */
const PATIENCE_MS = 60_000;
const PACE_MS = 1_000;
const AT_ONCE = 3;

const REFUSED: Sketch = {
  service: "orders",
  operation: "GET",
  peer: "127.0.0.1",
  code: "unavailable",
  errorType: "ECONNREFUSED",
  message: "connect ECONNREFUSED 127.0.0.1:PORT",
  unanswered: true,
};

/** Asks until the trouble is over, once more after it, and waits for what is to come. */
export async function runExporterRow(
  { title, trouble, share }: ExporterRow,
  { off, refused, outageMs, undo }: { off: Side; refused: string; outageMs: number; undo: Undo },
): Promise<RowReport> {
  const gate = await openGate(trouble, undo);
  const on = await startSide(true, gate.url, undo);
  const answers: Answer[] = [];
  const without: Answer[] = [];
  const ask = async (): Promise<void> => {
    const errand = { row: title, client: "http", to: refused } as const;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const [answer, other] = await Promise.all([on.ask(errand), off.ask(errand)]);
        answers.push(answer);
        without.push(other);
      }),
    );
  };
  const end = performance.now() + outageMs * share;
  while (performance.now() < end) {
    await ask();
    await setTimeout(Math.max(0, Math.min(PACE_MS, end - performance.now())));
    undo.assertNotOver();
  }
  const early = gate.arrivals.traces.size;
  await gate.clear();
  const cleared = performance.now();
  await ask();
  const complete = await gate.arrivals.until(
    () => answers.every(({ traceId }) => isThere(gate.arrivals, traceId)),
    PATIENCE_MS,
  );
  const seconds = (performance.now() - cleared) / 1000;
  const words = await on.end();
  const { there, problems } = judgeReceiver(gate.arrivals, answers);
  problems.push(...judgeTrees(treeAbove(REFUSED), answers));
  problems.push(...judgeAnswers(answers, without));
  problems.push(...judgeWords(words, answers.length, true));
  const held = trouble !== "garbled";
  if (held && early > 0) problems.push(`${early} traces came through in spite of the trouble`);
  if (held && trouble !== "closed" && gate.turnedAway === 0) problems.push("nothing was turned away");
  const turned = trouble === "closed" ? "" : `turned away ${gate.turnedAway} times, `;
  const note = held
    ? `${turned}${complete ? "all" : "not all"} there ${seconds.toFixed(1)} s after it`
    : "counts as taken by the exporter";
  return {
    title,
    asked: answers.length,
    expected: "refused port",
    there,
    note,
    problems,
    services: [on.edge, on.orders],
  };
}
