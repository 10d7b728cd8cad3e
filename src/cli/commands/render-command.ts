// `error-tree render`: its options, their help and examples.
import { type Command, Option } from "commander";
import type { CommandEnvironment } from "../environment.ts";
import { type RenderOptions, render } from "../render.ts";
import { addStyleOptions, integer, type StyleFlags, styleOf } from "./flags.ts";

const EXAMPLES = `
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

type RenderFlags = Omit<RenderOptions, "colour" | "width"> & StyleFlags;

/** Adds the command; `done` is told the exit code. */
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
    .option("-x, --exit-code", "exit with 1 where a tree has the verdict failed, for scripts and CI", false);
  addStyleOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], { color, width, ...options }: RenderFlags) => {
      done(await render(files, { ...options, ...styleOf({ color, width }, environment) }, environment));
    });
}
