// Runs the command line: commands, exit codes, and error messages.
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addDemoCommand } from "./commands/demo-command.ts";
import { addDoctorCommand } from "./commands/doctor-command.ts";
import { addObservatoryCommand } from "./commands/observatory-command.ts";
import { addRenderCommand } from "./commands/render-command.ts";
import { addSloCommand } from "./commands/slo-command.ts";
import type { CommandEnvironment } from "./environment.ts";
import { InputError } from "./input/input-error.ts";

const EXIT_USAGE = 2;

/**
 * Runs the command line and returns its exit code. Never throws and never prints a stack trace of its own.
 *
 * @param args - the arguments after the program's name
 */
export async function main(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  let code = 0;
  const program = createProgram(environment);
  const done = (exitCode: number): void => {
    code = exitCode;
  };
  addDemoCommand(program, environment, done);
  addRenderCommand(program, environment, done);
  addDoctorCommand(program, environment, done);
  addSloCommand(program, environment, done);
  addObservatoryCommand(program, environment, done);
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    const reason = error instanceof Error ? error.message : String(error);
    environment.err(
      error instanceof InputError ? `otel-error-tree: ${reason}` : `otel-error-tree: cannot go on: ${reason}`,
    );
    return EXIT_USAGE;
  }
}

function createProgram(environment: CommandEnvironment): Command {
  return new Command("otel-error-tree")
    .description(
      "Reads why a distributed request failed: error trees from headers, files of traces, or out of a running Jaeger or Tempo; " +
        "and asks running services whether error trees get through.",
    )
    .version(packageVersion(), "-V, --version", "print the version and stop")
    .helpOption("-h, --help", "print this help and stop")
    .addHelpText(
      "after",
      "\nExamples:\n  otel-error-tree demo\n  otel-error-tree render trace.json\n  otel-error-tree doctor localhost:8080\n\n" +
        "otel-error-tree COMMAND --help lists all of its options.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => environment.out(text.replace(/\n$/, "")),
      writeErr: (text) => environment.err(text.replace(/\n$/, "")),
      getOutHelpWidth: () => environment.columns ?? 100,
      getErrHelpWidth: () => environment.columns ?? 100,
    });
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
