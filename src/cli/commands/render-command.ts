// Declares `error-tree render`: its options, their help and examples.
import { type Command, Option } from "commander";
import type { CommandEnvironment } from "../environment.ts";
import { InputError } from "../input/input-error.ts";
import { type JaegerOptions, renderJaeger } from "../jaeger/render-jaeger.ts";
import { type RenderOptions, render } from "../render.ts";
import { addStyleOptions, HEADER_OPTION, integer, type StyleFlags, styleOf } from "./flags.ts";

const EXAMPLES = `
Exit codes:
  0  the input was read, whether or not it held an error tree
  1  with --exit-code: a tree with the verdict failed was found
  2  the input is nothing that we read, Jaeger does not answer, or the command line is wrong

Examples:
  curl -si -H 'x-error-tree: v=1, f=json' localhost:8080/ | error-tree render
  error-tree render traces.json.gz
  error-tree render --format json --all otlp.ndjson | jq '.[].verdict'
  error-tree render --format ndjson --stream --max-spans 100000 huge.ndjson
  error-tree render --exit-code --format text trace.json || echo 'a request failed'
  error-tree render --jaeger localhost:16686 --trace 5b8efff798038103d269b633813fc60c --compare
  error-tree render --jaeger localhost:16686 --service checkout --last 5
  error-tree render --jaeger localhost:16686 --service checkout --follow`;

interface RenderFlags
  extends Omit<RenderOptions & JaegerOptions, "colour" | "width" | "jaeger" | "header">,
    StyleFlags {
  readonly jaeger: string | undefined;
  readonly header: readonly string[] | undefined;
}

/** Adds the command; `done` gets the exit code. */
export function addRenderCommand(
  program: Command,
  environment: CommandEnvironment,
  done: (code: number) => void,
): void {
  const command = program
    .command("render")
    .summary("print the error trees of header values, OTLP JSON or Jaeger JSON as stack traces")
    .description(
      "Prints the error trees in FILES as stack traces, root cause first. What a file is, is found out by looking: an " +
        "x-error-tree header value (also in the middle of what curl -i prints), OTLP JSON (one request, or one a line as " +
        "the Collector's file exporter writes), Jaeger JSON (answers of the query API, single traces); gzipped or not. With --jaeger: the traces of a running " +
        "Jaeger.\n\n" +
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
    .option("-E, --explain", "say of each node which principle decided about it", false)
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
    .option("-x, --exit-code", "exit with 1 if a tree has the verdict failed, for scripts and CI", false);
  addJaegerOptions(command);
  addStyleOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], flags: RenderFlags) => {
      const { jaeger, header = [], color, width, ...rest } = flags;
      const options = { ...rest, header, ...styleOf({ color, width }, environment) };
      if (jaeger !== undefined) {
        if (files.length > 0) throw new InputError("files and --jaeger are not read together");
        done(await renderJaeger({ ...options, jaeger }, environment));
        return;
      }
      const idle = JAEGER_ONLY.find((name) => flags[name] !== undefined && flags[name] !== false);
      if (idle !== undefined) throw new InputError(`--${idle} needs --jaeger URL`);
      done(await render(files, options, environment));
    });
}

/** Options that say what to ask Jaeger for. */
const JAEGER_ONLY = ["trace", "service", "last", "follow", "compare", "header"] as const;

function addJaegerOptions(command: Command): void {
  command
    .option("-j, --jaeger <url>", "read from the query service of a running Jaeger, as localhost:16686")
    .option("-i, --trace <id>", "with --jaeger: this trace")
    .option("-S, --service <name>", "with --jaeger: traces in which the service's part failed")
    .option("-n, --last <count>", "with --service: the newest of them, the newest last", integer(1, 1000))
    .option("-F, --follow", "with --service: new ones as they come, until Ctrl-C", false)
    .option("-I, --interval <seconds>", "with --follow: from one look to the next", integer(1, 3600), 2)
    .option(
      "-C, --compare [id]",
      "with --trace: beside it another trace (default: the newest in which the same operation did not fail)",
    )
    .option(...HEADER_OPTION)
    .option("-t, --timeout <seconds>", "with --jaeger: how long one request may take", integer(1, 600), 10);
}
