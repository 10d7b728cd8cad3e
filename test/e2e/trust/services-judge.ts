// Adds up what the replicas of each service saw, and judges whether their clocks were as far apart as they were meant to be.
import type { Replica } from "./replica.ts";

export interface ServiceReport {
  readonly name: string;
  /** Processes that were started. */
  readonly started: number;
  readonly requests: number;
  /** Asks that were accepted, by the window of their token: the one before the service's own, its own, the one after. */
  readonly byWindow: readonly [before: number, now: number, after: number];
  /** How often a window turned between two requests of one process. */
  readonly turns: number;
  readonly refused: number;
}

/** One report for each service. */
export function reportServices(replicas: readonly Replica[]): ServiceReport[] {
  const services = new Map<string, ServiceReport>();
  for (const { service, words } of replicas) {
    const { requests = 0, byWindow = [0, 0, 0], turns = 0 } = words?.seen ?? {};
    const sum = services.get(service);
    services.set(service, {
      name: service,
      started: 1 + (sum?.started ?? 0),
      requests: requests + (sum?.requests ?? 0),
      byWindow: added(byWindow, sum?.byWindow ?? [0, 0, 0]),
      turns: turns + (sum?.turns ?? 0),
      refused: (words?.counts.asks_refused ?? 0) + (sum?.refused ?? 0),
    });
  }
  return [...services.values()];
}

/** What was not tried: tokens of neighbouring windows, and windows that turn under load. */
export function judgeServices(services: readonly ServiceReport[], replicas: readonly Replica[]): string[] {
  const problems: string[] = [];
  for (const [place, window] of ["the window before", "the same window", "the window after"].entries()) {
    const asks = services.reduce((sum, { byWindow }) => sum + (byWindow[place] ?? 0), 0);
    if (asks === 0) problems.push(`no service was asked with a token of ${window}`);
  }
  if (services.every(({ turns }) => turns === 0)) problems.push("no window turned under load");
  for (const { name, words, printed } of replicas) {
    if (printed !== "") problems.push(`${name} wrote: ${printed}`);
    if (words?.counts.internal_errors)
      problems.push(`${name}: ${words.counts.internal_errors} internal errors`);
  }
  return problems;
}

type Windows = readonly [number, number, number];

function added(a: Windows, b: Windows): Windows {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}
