// Prints which transport keeps which part of the contract.
import type { RunnerTestCase } from "vitest";
import type { Transport } from "./transports.ts";

/** The parts of the contract, as the names of the tests begin. */
const CASES = [
  "self",
  "propagated",
  "handled",
  "rejected",
  "opaque",
  "unread",
  "unanswered",
  "late",
  "pending",
  "oversize",
  "hostile",
  "untrusted",
  "concurrent",
  "cancelled",
  "deadline",
  "retried",
  "shutdown",
] as const;

export type Case = (typeof CASES)[number];

type Outcome = "ok" | "FAILED" | "-";

/** One row for each transport, one column for each case. */
export class ContractTable {
  readonly #transports: Readonly<Record<string, Transport>>;
  readonly #outcomes = new Map<string, Outcome>();

  constructor(transports: Readonly<Record<string, Transport>>) {
    this.#transports = transports;
  }

  /** Takes the outcome of a test. */
  add(task: Readonly<RunnerTestCase>): void {
    if (task.mode === "skip") return;
    const [kind = ""] = task.name.split(":");
    let { suite } = task;
    while (suite?.suite !== undefined) ({ suite } = suite);
    const place = `${suite?.name} ${kind}`;
    const isFailed = task.result?.state === "fail" || (task.result?.errors?.length ?? 0) > 0;
    if (this.#outcomes.get(place) !== "FAILED") this.#outcomes.set(place, isFailed ? "FAILED" : "ok");
  }

  toString(): string {
    const names = Object.keys(this.#transports);
    const width = Math.max(...names.map((name) => name.length));
    const head = `${"".padEnd(width)}  ${CASES.join(" ")}`;
    const rows = names.map((name) => {
      const cells = CASES.map((kind) => this.#outcome(name, kind).padEnd(kind.length));
      return `${name.padEnd(width)}  ${cells.join(" ")}`;
    });
    const reasons = names.flatMap((name) =>
      Object.entries(this.#transports[name]?.cannot ?? {}).map(([kind, why]) => `${name}, ${kind}: ${why}`),
    );
    return ["", head, ...rows, ...reasons].map((line) => line.trimEnd()).join("\n");
  }

  #outcome(name: string, kind: Case): Outcome {
    return this.#outcomes.get(`${name} ${kind}`) ?? "-";
  }
}
