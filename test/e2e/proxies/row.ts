// A line of a table: what is done at each proxy, and what the cell says of it.
import type { Asked, Client, Errand } from "./asker.ts";
import { describe, isIntact, leastReading, READINGS, type Reading, readingOf } from "./judge.ts";
import { type Plan, pathOf, type Route } from "./plan.ts";
import type { ReverseProxy } from "./proxies.ts";
import type { Cell, Report } from "./report.ts";
import type { Stage } from "./stage.ts";

/** Where a row is tried. */
export interface Target {
  readonly proxy: ReverseProxy;
  /** Base URL of the proxy. */
  readonly url: string;
  readonly stage: Stage;
  readonly report: Report;
}

export interface Row {
  readonly title: string;
  run(target: Target): Promise<Cell>;
}

/** With so many bytes of block and path together a response is in danger by itself. */
const CROWDED_BYTES = 3_500;

export function errandTo({ url }: Target, route: Route, plan: Plan, client: Client): Errand {
  return { url: url + pathOf(route, plan), client };
}

/** What became of one plan at one proxy. */
export interface Trial {
  readonly fate: "intact" | "either way" | "harmed";
  readonly status: number;
  readonly reading: Reading | undefined;
}

/** Judges the response of a plan by what the same program answers with the library switched off. */
export function judgePair(target: Target, plan: Plan, on: Asked, off: Asked): Trial {
  const { proxy, report } = target;
  const where = `${proxy.name}, ${textOf(plan)}`;
  const offIntact = isIntact(plan, off);
  if (!offIntact && plan.block + plan.urlBytes < CROWDED_BYTES) {
    report.wrong.push(`${where}: broken without the library too: ${describe(plan, off)}`);
  }
  if (!isIntact(plan, on)) {
    if (offIntact)
      report.harmed.push(`${where}: ${describe(plan, on)}; without the library ${describe(plan, off)}`);
    return { fate: offIntact ? "harmed" : "either way", status: on.status, reading: undefined };
  }
  const reading = readingOf(plan, on);
  for (const wrong of reading.wrong) report.wrong.push(`${where}: ${wrong}`);
  const least = leastReading(plan);
  if (READINGS.indexOf(reading.kind) < READINGS.indexOf(least)) {
    report.wrong.push(`${where}: ${reading.kind} came, though there is room: at least ${least} expected`);
  }
  if (on.forwarding !== "") report.wrong.push(`${where}: the proxy tells of itself by ${on.forwarding}`);
  return { fate: "intact", status: on.status, reading };
}

/** `500 whole`, `500 12 + 51`, `500 minimal`, `500 no room`; `200 ok` where nothing failed. */
export function textOfTrial({ fate, status, reading }: Trial): string {
  if (fate !== "intact" || reading === undefined) return `${status || "no response"} ${fate}`;
  const { kind, shown, omitted } = reading;
  const what = {
    whole: shown === 0 ? "ok" : "whole",
    shrunk: `${shown} + ${omitted}`,
    minimal: "minimal",
    nothing: "no room",
  };
  return `${status} ${what[kind]}`;
}

function textOf({ status, nodes, body, freshness, block, urlBytes }: Plan): string {
  const parts = [`${status}, ${nodes} nodes`];
  if (body !== "short") parts.push(`${body} body`);
  if (freshness !== "none") parts.push(freshness);
  if (block > 0) parts.push(`block of ${block}`);
  if (urlBytes > 0) parts.push(`path of ${urlBytes}`);
  return parts.join(", ");
}
