// Declares `otel-error-tree slo`: its commands, their help and examples.
import type { Command } from "commander";
import type { CommandEnvironment } from "../environment.ts";

const EXIT_CODES = `
Exit codes:
  0  the file is right; there may be warnings
  1  something in the file is wrong: all of it is said, by line and column
  2  the file cannot be read, or the command line is wrong`;
const CHECK_EXAMPLES = `${EXIT_CODES}

Examples:
  otel-error-tree slo check quality.yaml`;
const RULES_EXAMPLES = `${EXIT_CODES}

Examples:
  otel-error-tree slo rules quality.yaml > rules.yaml
  otel-error-tree slo rules --selector 'job="collector"' quality.yaml | promtool check rules /dev/stdin`;

/** Adds the command; `done` gets the exit code. What reads YAML is loaded only if it runs. */
export function addSloCommand(
  program: Command,
  environment: CommandEnvironment,
  done: (code: number) => void,
): void {
  const command = program
    .command("slo")
    .summary("check a file of quality attributes, or write Prometheus rules from it")
    .description(
      "Reads a file of quality attributes, as 'checkout -> payment: 95% within 200ms', by which the observatory judges the edges " +
        "of its graph.",
    );
  command
    .command("check")
    .summary("say what is wrong with the file, or what it says")
    .description(
      "Says all that is wrong with the file, by line and column; or what is expected of which edges.",
    )
    .argument("<file>", "the file, in YAML")
    .addHelpText("after", CHECK_EXAMPLES)
    .action(async (path: string) => {
      const { checkObjectives } = await import("../slo/check.ts");
      done(await checkObjectives(path, environment));
    });
  command
    .command("rules")
    .summary("write recording rules and burn-rate alerts for Prometheus")
    .description(
      "Prints recording rules and alerts over the metrics traces_service_graph_request_*, which the services themselves, the " +
        "Collector's service graph connector or Tempo write. An alert fires if an error budget burns too fast over two windows at " +
        "once (Google, SRE Workbook). Standard error says which quality attributes have no rules, or rules that could never fire.",
    )
    .argument("<file>", "the file, in YAML")
    .option(
      "-s, --selector <matchers>",
      'label matchers for every series, so that none is counted twice, as job="collector"',
      "",
    )
    .addHelpText("after", RULES_EXAMPLES)
    .action(async (path: string, { selector }: { selector: string }) => {
      const { printRules } = await import("../slo/rules.ts");
      done(await printRules(path, selector, environment));
    });
}
