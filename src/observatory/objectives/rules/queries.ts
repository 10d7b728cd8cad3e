// Writes what is asked of Prometheus: recorded series of every edge, and which edges a pattern means.
import { type EdgePattern, isWholeName, matchesEdge } from "../edge-pattern.ts";
import { formatTime } from "../quantities.ts";
import type { RateWindow } from "./burn-rates.ts";

/** What names an edge in Prometheus. */
export const EDGE_LABELS = "client, server, connection_type";

/** A rule that records a series for every edge. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const PREFIX = "traces_service_graph_request";

/** Requests per second. */
export function requestsName(window: RateWindow): string {
  return `edge:traces_service_graph_requests:rate${window}`;
}

/** The share of requests that failed. */
export function failedName(window: RateWindow): string {
  return `edge:traces_service_graph_failed:ratio_rate${window}`;
}

/** The share of requests that took longer than the label `within` says. */
export function lateName(window: RateWindow): string {
  return `edge:traces_service_graph_late:ratio_rate${window}`;
}

/** @param selector - label matchers without braces, for every series of the service graph */
export function recordRequests(window: RateWindow, selector: string): RecordingRule {
  return { record: requestsName(window), expr: sumOfRate("_total", window, selector) };
}

/** An edge of which nothing ever failed has no counter of failures. */
export function recordFailed(window: RateWindow, selector: string): RecordingRule {
  const requests = requestsName(window);
  return {
    record: failedName(window),
    expr: `(\n  ${sumOfRate("_failed_total", window, selector)}\n  or ${requests} * 0\n)\n/ (${requests} > 0)`,
  };
}

/** The server's own time if it takes part, else what its callers saw, as the observatory judges. */
export function recordLate(window: RateWindow, seconds: number, selector: string): RecordingRule {
  const sides = ["server", "client"].map((side) => {
    const within = sumOfRate(`_${side}_seconds_bucket`, window, joined(leMatcher(seconds), selector));
    const all = sumOfRate(`_${side}_seconds_count`, window, selector);
    return `1 - (\n  ${within}\n  / (${all} > 0)\n)`;
  });
  return { record: lateName(window), expr: sides.join("\nor\n"), labels: { within: formatTime(seconds) } };
}

/** A series, of the edges that a pattern means. */
export function seriesOf(name: string, edge: EdgePattern, ...matchers: readonly string[]): string {
  const all = joined(...matchers, nameMatcher("client", edge.client), nameMatcher("server", edge.server));
  return all === "" ? name : `${name}{${all}}`;
}

/** Whether an edge could match both. False only if that is sure. */
export function mayOverlap(a: EdgePattern, b: EdgePattern): boolean {
  return (["client", "server"] as const).every((side) => {
    const [one, other] = [a[side], b[side]];
    if (isWholeName(one)) return matchesEdge({ client: other, server: "" }, { client: one, server: "" });
    return !isWholeName(other) || matchesEdge({ client: one, server: "" }, { client: other, server: "" });
  });
}

/** Prometheus 3 writes `1.0` for what Prometheus 2 keeps as `1`, and Go `5e-05` for what JavaScript writes as `0.00005`. */
function leMatcher(seconds: number): string {
  const forms = [String(seconds)];
  if (Number.isInteger(seconds)) forms.push(`${seconds}.0`);
  if (seconds < 1e-4) forms.push(seconds.toExponential().replace(/-(\d)$/, "-0$1"));
  return forms.length === 1
    ? `le=${quoted(forms[0] as string)}`
    : `le=~${quoted(forms.map(escaped).join("|"))}`;
}

function nameMatcher(label: string, pattern: string): string {
  if (pattern === "*") return "";
  if (isWholeName(pattern)) return `${label}=${quoted(pattern)}`;
  return `${label}=~${quoted(pattern.split("*").map(escaped).join(".*"))}`;
}

function sumOfRate(suffix: string, window: RateWindow, matchers: string): string {
  const braces = matchers === "" ? "" : `{${matchers}}`;
  return `sum by (${EDGE_LABELS}) (rate(${PREFIX}${suffix}${braces}[${window}]))`;
}

function joined(...matchers: readonly string[]): string {
  return matchers.filter((one) => one !== "").join(",");
}

/** A string of PromQL, which has the escapes of Go. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A part of a regular expression of RE2 that means itself. */
function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
