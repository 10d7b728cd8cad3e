// Runs the real promtool over rules, and writes its tests: which alerts fire on which traffic, and which do not.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";

/** What promtool printed, and how it ended. */
export interface PromtoolRun {
  readonly exitCode: number | null;
  readonly printed: string;
}

/** Traffic on one edge, by the minute: what it is from its beginning on, and what it becomes. */
export interface Traffic {
  readonly client: string;
  readonly server: string;
  readonly connectionType?: string;
  /** Shares of all requests, of which there are a million a minute, and for how many minutes. */
  readonly phases: readonly { readonly minutes: number; readonly failed?: number; readonly late?: number }[];
  /** The bound that `late` is about, as the label `le` has it. */
  readonly le?: string;
  /** Of all series. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Whose time is measured. @default "server" */
  readonly side?: "server" | "client";
  /** @default a million */
  readonly requestsAMinute?: number;
}

/** What fires after so many minutes, by the labels that tell one alert from another. */
export interface Expectation {
  readonly minute: number;
  readonly firing: readonly Readonly<Record<string, string>>[];
}

export interface RuleTest {
  readonly name: string;
  readonly traffic: readonly Traffic[];
  readonly expected: readonly Expectation[];
}

export function checkRules(rules: string): PromtoolRun {
  return inFolder({ "rules.yaml": rules }, ["check", "rules", "rules.yaml"]);
}

export function testRules(rules: string, tests: readonly RuleTest[]): PromtoolRun {
  const file = {
    rule_files: ["rules.yaml"],
    evaluation_interval: "1m",
    tests: tests.map(({ name, traffic, expected }) => ({
      name,
      interval: "1m",
      input_series: traffic.flatMap(seriesOf),
      promql_expr_test: expected.map(({ minute, firing }) => ({
        expr: 'ALERTS{alertstate="firing"}',
        eval_time: `${minute}m`,
        exp_samples: firing.map((labels) => ({
          labels: labelsText({ ...labels, alertstate: "firing" }),
          value: 1,
        })),
      })),
    })),
  };
  const texts = { "rules.yaml": rules, "tests.yaml": stringify(file, { lineWidth: 0 }) };
  return inFolder(texts, ["test", "rules", "tests.yaml"]);
}

function inFolder(files: Readonly<Record<string, string>>, args: readonly string[]): PromtoolRun {
  const folder = mkdtempSync(join(tmpdir(), "promtool-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { status, stdout, stderr } = spawnSync(PROGRAMS.promtool, args, { cwd: folder, encoding: "utf8" });
  return { exitCode: status, printed: stdout + stderr };
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `ALERTS{${parts.join(",")}}`;
}

function seriesOf({
  client,
  server,
  connectionType = "",
  phases,
  le,
  labels,
  side = "server",
  requestsAMinute = 1e6,
}: Traffic) {
  const names = { client, server, connection_type: connectionType, ...labels };
  const series = (
    name: string,
    more: Readonly<Record<string, string>>,
    share: (phase: Traffic["phases"][number]) => number,
  ) => {
    const parts = Object.entries({ ...names, ...more }).map(
      ([label, value]) => `${label}=${JSON.stringify(value)}`,
    );
    let at = 0;
    const values = phases.map((phase) => {
      const step = Math.round(requestsAMinute * share(phase));
      const text = `${at}+${step}x${phase.minutes - 1}`;
      at += step * phase.minutes;
      return text;
    });
    return { series: `traces_service_graph_request_${name}{${parts.join(",")}}`, values: values.join(" ") };
  };
  const all = [series("total", {}, () => 1)];
  // As the connector writes them: no counter of failures as long as nothing has failed.
  if (phases.some(({ failed }) => failed !== undefined))
    all.push(series("failed_total", {}, ({ failed = 0 }) => failed));
  if (le !== undefined) {
    all.push(series(`${side}_seconds_count`, {}, () => 1));
    all.push(series(`${side}_seconds_bucket`, { le }, ({ late = 0 }) => 1 - late));
    all.push(series(`${side}_seconds_bucket`, { le: "+Inf" }, () => 1));
  }
  return all;
}
