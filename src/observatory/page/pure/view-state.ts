// Reads and writes what the reader looks at as the fragment of the page's address, so that it can be shared.
import type { ConnectionType, EdgeKey } from "../../graph/edge.ts";
import { UNITS, type Unit } from "./numbers.ts";

/** A span of time: the last so many seconds, or one of the past, in milliseconds since the epoch. */
export type TimeSpan = { readonly last: number } | { readonly from: number; readonly to: number };

/** A question about the graph. */
export type Question = "depends" | "blast" | "start";

/** All that the reader has chosen. */
export interface ViewState {
  readonly view: "graph" | "table";
  readonly unit: Unit;
  readonly span: TimeSpan;
  /** The span to compare with: it begins here, and is as long as the one that is shown. In milliseconds since the epoch. */
  readonly before: number | undefined;
  readonly search: string;
  readonly unhealthyOnly: boolean;
  /** True if nothing is folded. */
  readonly whole: boolean;
  readonly node: string | undefined;
  readonly edge: EdgeKey | undefined;
  readonly question: Question | undefined;
  /** The trace whose tree is shown; without one the newest is. */
  readonly failure: string | undefined;
  /** Without one the page is light or dark as the system is. */
  readonly theme: "light" | "dark" | undefined;
}

/** The spans that can be chosen, in seconds. */
export const LASTS: readonly number[] = [60, 300, 900, 3_600];

/** What is shown if nothing was chosen. */
export const FIRST_VIEW: ViewState = {
  view: "graph",
  unit: "s",
  span: { last: 60 },
  before: undefined,
  search: "",
  unhealthyOnly: false,
  whole: false,
  node: undefined,
  edge: undefined,
  question: undefined,
  failure: undefined,
  theme: undefined,
};

const QUESTIONS: readonly Question[] = ["depends", "blast", "start"];
const CONNECTIONS: readonly ConnectionType[] = ["", "messaging_system", "database", "virtual_node"];
const LONGEST_LAST = 86_400 * 31;

/** The fragment, without `#`; what is as at first is left out. */
export function fragmentOf(view: ViewState): string {
  const entries: [key: string, value: string | undefined][] = [
    ["view", view.view === "table" ? "table" : undefined],
    ["unit", view.unit === FIRST_VIEW.unit ? undefined : view.unit],
    ...spanEntries(view.span),
    ["before", view.before === undefined ? undefined : String(view.before)],
    ["q", view.search === "" ? undefined : view.search],
    ["unhealthy", view.unhealthyOnly ? "1" : undefined],
    ["whole", view.whole ? "1" : undefined],
    ["node", view.node],
    ["client", view.edge?.client],
    ["server", view.edge?.server],
    ["connection", view.edge?.connectionType || undefined],
    ["ask", view.question],
    ["trace", view.failure],
    ["theme", view.theme],
  ];
  const kept = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(kept).toString();
}

/** Reads a fragment. What is wrong in it is as at first. */
export function viewOf(fragment: string): ViewState {
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const [client, server] = [given.get("client"), given.get("server")];
  return {
    view: given.get("view") === "table" ? "table" : "graph",
    unit: oneOf(UNITS, given.get("unit")) ?? FIRST_VIEW.unit,
    span: spanIn(given),
    before: timeIn(given.get("before")),
    search: given.get("q") ?? "",
    unhealthyOnly: given.get("unhealthy") === "1",
    whole: given.get("whole") === "1",
    node: given.get("node") ?? undefined,
    edge:
      client === null || server === null
        ? undefined
        : { client, server, connectionType: oneOf(CONNECTIONS, given.get("connection")) ?? "" },
    question: oneOf(QUESTIONS, given.get("ask")),
    failure: given.get("trace") ?? undefined,
    theme: oneOf(["light", "dark"] as const, given.get("theme")),
  };
}

function spanEntries(span: TimeSpan): [string, string | undefined][] {
  if ("last" in span) return [["last", span.last === 60 ? undefined : String(span.last)]];
  return [
    ["from", String(span.from)],
    ["to", String(span.to)],
  ];
}

function spanIn(given: URLSearchParams): TimeSpan {
  const [from, to] = [timeIn(given.get("from")), timeIn(given.get("to"))];
  if (from !== undefined && to !== undefined && to > from) return { from, to };
  const last = Number(given.get("last"));
  return Number.isInteger(last) && last > 0 && last <= LONGEST_LAST ? { last } : FIRST_VIEW.span;
}

function timeIn(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function oneOf<const T extends string>(allowed: readonly T[], text: string | null): T | undefined {
  return allowed.find((one) => one === text);
}
