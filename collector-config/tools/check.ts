// `npm run tools -- --check`: every configuration, validated by the program that reads it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { stringify } from "yaml";
import { print } from "../program/print.ts";
import { RunError } from "../program/run-error.ts";
import type { Undo } from "../program/undo.ts";
import { CONFIGURATIONS, PROGRAMS, TOOLS } from "./files.ts";
import { PIPELINES, STORES } from "./pipelines.ts";
import { logOf, runStep } from "./step.ts";

/** One configuration and who checks it. */
interface Check {
  readonly tool: "collector" | "jaeger" | "prometheus";
  readonly what: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** Checks what belongs to these tools; prints a line for each that is right, and returns what is wrong. */
export async function checkAll(tools: ReadonlySet<string>, undo: Undo): Promise<string[]> {
  const wrong: string[] = [];
  for (const { what, program, args, tool } of checks()) {
    if (!tools.has(tool)) continue;
    const log = logOf(`check-${what.replace(/\W+/g, "-")}`);
    try {
      if (!existsSync(program)) {
        throw new RunError(`${basename(program)} is not here: npm run tools -- --only ${tool}`);
      }
      await runStep({ program, args, folder: CONFIGURATIONS }, log, undo, true);
      print(`${what}: right`);
    } catch (error) {
      wrong.push(`${what}: ${(error as Error).message}`);
    }
  }
  return wrong;
}

function checks(): Check[] {
  const { collector, jaeger, promtool } = PROGRAMS;
  return [
    ...PIPELINES.map(
      (name): Check => ({
        tool: "collector",
        what: `common.yaml + ${name}.yaml`,
        program: collector,
        args: ["validate", "--config=common.yaml", `--config=${name}.yaml`],
      }),
    ),
    ...STORES.map(
      (name): Check => ({
        tool: "jaeger",
        what: `jaeger.yaml + stores/${name}.yaml`,
        program: jaeger,
        args: ["validate", "--config=jaeger.yaml", `--config=stores/${name}.yaml`],
      }),
    ),
    promtoolCheck("prometheus.yaml", ["check", "config", "prometheus.yaml"]),
    promtoolCheck("alerts.yaml", ["check", "rules", "alerts.yaml"]),
    promtoolCheck("alerts.test.yaml", ["test", "rules", "alerts.test.yaml"]),
    promtoolCheck("dashboard.json", ["check", "rules", queriesOfDashboard()]),
  ];

  function promtoolCheck(what: string, args: readonly string[]): Check {
    return { tool: "prometheus", what, program: promtool, args };
  }
}

/** A file of rules, one for each query of the dashboard: promtool knows whether they are queries. */
function queriesOfDashboard(): string {
  const dashboard = JSON.parse(readFileSync(join(CONFIGURATIONS, "dashboard.json"), "utf8")) as Dashboard;
  const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  const rules = queries.map((expr, i) => ({
    record: `dashboard:query:${i}`,
    // Variables of Grafana stand for a time or a pattern.
    expr: expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, ".*"),
  }));
  const file = join(TOOLS, "dashboard-queries.yaml");
  mkdirSync(TOOLS, { recursive: true });
  writeFileSync(file, stringify({ groups: [{ name: "dashboard", rules }] }));
  return file;
}

interface Dashboard {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
}
