// Everything the program prints; in colour only on a terminal.
import { print } from "../../../collector-config/program/print.ts";
import { aligned } from "../../support/table.ts";
import type { StepReport } from "./judge.ts";
import type { Load } from "./load.ts";
import type { ServiceReport } from "./services-judge.ts";
import type { StrangerReport } from "./strangers.ts";

/** How the program is used. */
export const USAGE = `Usage: npm run e2e:trust -- [options]

Starts the lab's seven services, two replicas of each, every one on a loopback address of its own and with no trust but a
secret. While a client asks the entry at an even pace, the secret is replaced: once at once, which has to lose trees, and
once by the three steps of docs/security.md, which must not lose one. One replica of a service after the other is taken out
of use, stopped, started with the new secret, and taken into use. The clocks of replicas are up to five minutes apart, and
the windows of their tokens turn meanwhile. Then strangers ask every replica. Needs Linux, for the loopback addresses.

  --seconds SECONDS  how long the load goes on after each step (default: 2)
  --rate NUMBER      requests a second (default: 100); what the machine cannot keep up with is left out and counted
  --help             print this

Exit code 1 when anything is not as it should be.
`;

/** What came of it. */
export interface TrustReport {
  readonly steps: readonly StepReport[];
  readonly services: readonly ServiceReport[];
  readonly strangers: readonly StrangerReport[];
  readonly load: Load;
}

/** The tables, and how many requests there were. */
export function printReport({ steps, services, strangers, load }: TrustReport): void {
  printSteps(steps);
  printServices(services);
  printStrangers(strangers);
  const leftOut =
    load.requests.left === 0 ? "" : `, ${load.requests.left} left out, for the services could not keep up`;
  print(`${load.answered.length} requests${leftOut}`);
}

function printSteps(steps: readonly StepReport[]): void {
  const lines = [
    ["step", "requests", "failing", "trees whole", "lost", "refused asks", "signed by", ""],
    ...steps.map(({ title, requests, failing, whole, lost, refused, keyIds, problems }) => [
      title,
      ...[requests, failing, whole, lost.length, refused].map(String),
      keyIds.join(", "),
      verdictOf(problems),
    ]),
  ];
  print(aligned(lines));
  for (const { lost, told, problems } of steps) {
    if (lost.length === 0 || problems.length > 0) continue;
    print(`
one of the trees that had to be lost, and what one of ${told.length} processes, each of them once, said of it:
  ${lost[0]}
  ${told[0]}`);
  }
}

function printServices(services: readonly ServiceReport[]): void {
  const lines = [
    ["service", "started", "requests", "window before", "same", "after", "turns", "refused"],
    ...services.map(({ name, started, requests, byWindow, turns, refused }) => [
      name,
      ...[started, requests, ...byWindow, turns, refused].map(String),
    ]),
  ];
  print(`\n${aligned(lines)}`);
  print(`
window before, same, after: asks that counted, by the window of their token as the clock of the replica has it.
turns: windows that turned between two requests of a process. refused: in the wrong way, and of strangers.
`);
}

function printStrangers(strangers: readonly StrangerReport[]): void {
  const lines = [
    ["who asks every replica in the end", "asked", "trees", ""],
    ...strangers.map(({ title, asked, trees, problems }) => [
      title,
      String(asked),
      String(trees),
      verdictOf(problems),
    ]),
  ];
  print(`${aligned(lines)}\n`);
}

function verdictOf(problems: readonly string[]): string {
  return problems.length === 0 ? "ok" : "WRONG";
}
