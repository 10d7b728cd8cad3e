// Writes the rules by which Prometheus records how edges stand, and alerts when an error budget burns too fast.
import { stringify } from "yaml";
import { MILLION, type Objective, type ObjectiveEntry } from "../objective.ts";
import { formatShare, formatTime } from "../quantities.ts";
import type { ObjectivesFile } from "../read-objectives.ts";
import {
  ALERTS,
  type Alert,
  type BurnRate,
  canFire,
  limitOf,
  RATE_WINDOWS,
  secondsOf,
} from "./burn-rates.ts";
import {
  EDGE_LABELS,
  failedName,
  lateName,
  mayOverlap,
  type RecordingRule,
  recordFailed,
  recordLate,
  recordRequests,
  requestsName,
  seriesOf,
} from "./queries.ts";
import { ruleWarnings, withoutRules } from "./rule-warnings.ts";

interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const GROUP = "otel-error-tree-objectives";

/**
 * A file of rules, as YAML. Says in comments what has no rules, and why.
 *
 * @param name - of the file that it is made from
 * @param selector - label matchers without braces, for every series of the service graph; may be empty
 */
export function writeRules(file: ObjectivesFile, name: string, selector: string): string {
  const rules = rulesOf(file, selector);
  const warnings = ruleWarnings(file).map(({ line, text }) => `Line ${line}: ${text}.`);
  const comments = [
    `Made from ${name} by otel-error-tree slo rules: change that file, not this one.`,
    ...warnings,
  ];
  const head = comments.map((comment) => `# ${comment.replace(/\s+/g, " ")}\n`).join("");
  const groups = rules.length === 0 ? [] : [{ name: GROUP, rules }];
  return head + stringify({ groups }, { lineWidth: 0 });
}

function rulesOf({ objectives, bounds }: ObjectivesFile, selector: string): (RecordingRule | AlertingRule)[] {
  const ruled = objectives.entries.flatMap((entry) =>
    entry.objectives
      .filter((objective) => withoutRules(objective, bounds) === undefined)
      .map((objective) => ({ entry, objective })),
  );
  if (ruled.length === 0) return [];
  const measures = ruled.map(({ objective }) => objective.measure);
  const times = new Set(measures.flatMap((one) => (one.kind === "within" ? [one.seconds] : [])));
  const records = RATE_WINDOWS.flatMap((window) => [
    recordRequests(window, selector),
    ...(measures.some(({ kind }) => kind === "succeed") ? [recordFailed(window, selector)] : []),
    ...[...times].sort((a, b) => a - b).map((seconds) => recordLate(window, seconds, selector)),
  ]);
  const alerts = ruled.flatMap(({ entry, objective }) => {
    const above = objectives
      .above(entry, objective.measure.kind)
      .filter(({ edge }) => mayOverlap(edge, entry.edge));
    return ALERTS.flatMap((alert) => alertOf(alert, entry, objective, above));
  });
  return [...records, ...alerts];
}

/** None if nothing of it can fire. */
function alertOf(
  { name, severity, rates }: Alert,
  entry: ObjectiveEntry,
  objective: Objective,
  above: readonly ObjectiveEntry[],
): AlertingRule[] {
  const possible = rates.filter((rate) => canFire(objective.share, rate));
  if (possible.length === 0) return [];
  const burns = possible.map((rate) => burnOf(rate, entry, objective)).join("\nor\n");
  const overridden = above.map(({ edge }) => seriesOf(requestsName("3d"), edge)).join(" or ");
  const expr = overridden === "" ? burns : `(\n${burns}\n)\nunless on (${EDGE_LABELS}) (${overridden})`;
  const bad = objective.measure.kind === "within" ? "took longer" : "failed";
  return [
    {
      alert: name,
      expr,
      labels: { severity, edge: entry.text, objective: objective.text },
      annotations: {
        summary: `{{ $labels.client }} -> {{ $labels.server }}: {{ $value | humanizePercentage }} of the requests ${bad}; asked for is ${objective.text}`,
        what_to_do: `Look at the edge in the observatory. Of 30 days ${formatShare(MILLION - objective.share)} may be like that, and it is going faster.`,
      },
    },
  ];
}

/** The value is the share of bad requests over the long window. */
function burnOf(rate: BurnRate, { edge }: ObjectiveEntry, objective: Objective): string {
  const { measure, share, least } = objective;
  const within = measure.kind === "within" ? [`within="${formatTime(measure.seconds)}"`] : [];
  const name = measure.kind === "within" ? lateName : failedName;
  const limit = limitOf(share, rate);
  const [long, short] = [rate.long, rate.short].map((window) => seriesOf(name(window), edge, ...within));
  const requests = `${seriesOf(requestsName(rate.long), edge)} * ${secondsOf(rate.long)}`;
  return [
    "(",
    `  ${long} > ${limit}`,
    `  and ${short} > ${limit}`,
    `  and on (${EDGE_LABELS}) ${requests} >= ${least}`,
    ")",
  ].join("\n");
}
