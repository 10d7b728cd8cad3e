// The command line: commands, options and their help, exit codes.
import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { InputError } from "./input/read-input.ts";
import { type RenderOptions, render, type Terminal } from "./render.ts";

/** What the command line knows of where it runs. */
export interface CommandEnvironment extends Terminal {
  /** Columns of the terminal that is written to; `undefined` where it is none. */
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const EXIT_USAGE = 2;
const RENDER_EXAMPLES = `
Exit codes:
  0  the input was read, whether or not it held an error tree
  1  with --exit-code: a tree with the verdict failed was found
  2  the input is nothing that we read, or the command line is wrong

Examples:
  curl -si -H 'x-error-tree: v=1, f=json' localhost:8080/ | error-tree render
  error-tree render traces.json.gz
  error-tree render --format json --all otlp.ndjson | jq '.[].verdict'
  error-tree render --format ndjson --stream --max-spans 100000 huge.ndjson
  error-tree render --exit-code --format text trace.json || echo 'a request failed'`;

/**
 * Runs the command line and returns its exit code. Never throws and never prints a stack trace of its own.
 *
 * @param args - the arguments behind the program's name
 */
export async function main(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  let code = 0;
  const program = createProgram(environment, async (files, options) => {
    code = await render(files, options, environment);
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    const reason = error instanceof Error ? error.message : String(error);
    environment.err(
      error instanceof InputError ? `error-tree: ${reason}` : `error-tree: cannot go on: ${reason}`,
    );
    return EXIT_USAGE;
  }
}

type Run = (files: string[], options: RenderOptions) => Promise<void>;

/** The options as they are given; what depends on the terminal is not decided yet. */
interface RenderFlags extends Omit<RenderOptions, "colour" | "width"> {
  readonly color: "auto" | "always" | "never";
  readonly width: number | undefined;
}

function createProgram(environment: CommandEnvironment, run: Run): Command {
  const program = new Command("error-tree")
    .description("Reads why a distributed request failed: error trees from headers, OTLP and Jaeger files.")
    .version(packageVersion(), "-V, --version", "print the version and stop")
    .helpOption("-h, --help", "print this help and stop")
    .addHelpText(
      "after",
      "\nExample:\n  error-tree render trace.json\n\nerror-tree render --help tells all of its options.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => environment.out(text.replace(/\n$/, "")),
      writeErr: (text) => environment.err(text.replace(/\n$/, "")),
      getOutHelpWidth: () => environment.columns ?? 100,
      getErrHelpWidth: () => environment.columns ?? 100,
    });
  program
    .command("render")
    .summary("print the error trees of header values, OTLP JSON or Jaeger JSON as stack traces")
    .description(
      "Prints the error trees in FILES as stack traces, root cause first. What a file is, is found out by looking: an " +
        "x-error-tree header value (also in the middle of what curl -i prints), OTLP JSON (one request, or one a line as " +
        "the Collector's file exporter writes), Jaeger JSON (answers of the query API, single traces); gzipped or not.\n\n" +
        "Printed is every trace that has a tree, with its verdict: failed, rejected or handled.",
    )
    .argument("[FILES...]", "files to read, - for standard input (default: -)")
    .addOption(
      new Option(
        "-f, --format <format>",
        "text: stack traces; json: one array; ndjson: one tree a line, as they are found; header: header values",
      )
        .choices(["text", "json", "ndjson", "header"])
        .default("text"),
    )
    .option("-a, --all", "also tell of traces in which nothing failed", false)
    .option(
      "-e, --every-span",
      "merge nothing: a node for every failed span and for every ancestor of one",
      false,
    )
    .option(
      "-b, --budget <bytes>",
      "with --format header: largest value printed, in bytes, 64 to 2048",
      integer(64, 2048),
      1024,
    )
    .option(
      "-s, --stream",
      "print the oldest trace when --max-spans is reached, marked as perhaps incomplete",
      false,
    )
    .option(
      "-m, --max-spans <count>",
      "with --stream: most spans held in memory",
      integer(1, 100_000_000),
      1_000_000,
    )
    .option("-x, --exit-code", "exit with 1 where a tree has the verdict failed, for scripts and CI", false)
    .addOption(
      new Option("-c, --color [when]", "colours; auto: on a terminal, unless NO_COLOR is set")
        .choices(["auto", "always", "never"])
        .preset("always")
        .default("auto"),
    )
    .option(
      "-w, --width <columns>",
      "wrap lines at so many columns (default: those of the terminal, else 120)",
      integer(40, 10_000),
    )
    .addHelpText("after", RENDER_EXAMPLES)
    .action((files: string[], flags: RenderFlags) => {
      const { color, width, ...rest } = flags;
      return run(files, {
        ...rest,
        colour: color === "always" || (color === "auto" && isColourful(environment)),
        width: width ?? environment.columns ?? 120,
      });
    });
  return program;
}

/** Source: https://no-color.org. */
function isColourful({ columns, env }: CommandEnvironment): boolean {
  if ((env.NO_COLOR ?? "") !== "") return false;
  return columns !== undefined && env.TERM !== "dumb";
}

function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== "") return value;
    throw new InvalidArgumentError(`Expected an integer from ${least} to ${most}.`);
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
