// Declares `otel-error-tree render`: its options, their help and examples.
import { type Command, Option } from "commander";
import type { CommandEnvironment } from "../environment.ts";
import { InputError } from "../input/input-error.ts";
import { type JaegerOptions, renderJaeger } from "../jaeger/render-jaeger.ts";
import { type RenderOptions, render } from "../render.ts";
import { renderTempo, type TempoOptions } from "../tempo/render-tempo.ts";
import { addStyleOptions, HEADER_OPTION, integer, type StyleFlags, styleOf } from "./flags.ts";

const EXAMPLES = `
Exit codes:
  0  the input was read, whether or not it held an error tree
  1  with --exit-code: a tree with the verdict failed was found
  2  nothing could be read, Jaeger or Tempo does not answer, or the command line is wrong

Examples:
  curl -si -H 'x-error-tree: v=1, f=json' localhost:8080/ | otel-error-tree render
  otel-error-tree render traces.json.gz
  otel-error-tree render --format json --all otlp.ndjson | jq '.[].verdict'
  otel-error-tree render --format ndjson --stream --max-spans 100000 huge.ndjson
  otel-error-tree render --html tree.html trace.json
  otel-error-tree render --exit-code --format text trace.json || echo 'a request failed'
  otel-error-tree render --jaeger localhost:16686 --trace 5b8efff798038103d269b633813fc60c --compare
  otel-error-tree render --jaeger localhost:16686 --service checkout --last 5
  otel-error-tree render --tempo localhost:3200 --trace 5b8efff798038103d269b633813fc60c
  otel-error-tree render --jaeger localhost:16686 --service checkout --follow`;

interface RenderFlags
  extends Omit<
      RenderOptions & JaegerOptions & TempoOptions,
      "colour" | "width" | "jaeger" | "tempo" | "header"
    >,
    StyleFlags {
  readonly jaeger: string | undefined;
  readonly tempo: string | undefined;
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
    .summary("print the error trees of header values and of traces of any producer as stack traces")
    .description(
      "Prints the error trees in FILES as stack traces, root cause first. What a file is, is found out by looking: an " +
        "x-error-tree header value (also in the middle of what curl -i prints), OTLP (JSON or protobuf, whole or in parts, also " +
        "in a log), JSON of Jaeger, Tempo or Zipkin; gzipped or not. With --jaeger or --tempo: the traces of a running one.\n\n" +
        "Printed is every trace that has a tree, with its verdict: failed, rejected or handled. As text, failures of " +
        "one kind are one entry with their number.",
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
      "--each",
      "as text: print each tree as it comes, not one of each kind with how often it was there",
      false,
    )
    .addOption(
      new Option("--only <verdict>", "print trees with this verdict alone").choices([
        "failed",
        "rejected",
        "handled",
      ]),
    )
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
    .option("--html <file>", "also write a page of the trees to look at, in one file that loads nothing")
    .option("--svg <file>", "also write a drawing of the first tree, for a document")
    .option("-x, --exit-code", "exit with 1 if a tree has the verdict failed, for scripts and CI", false);
  addJaegerOptions(command);
  addStyleOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], flags: RenderFlags) => {
      const { jaeger, tempo, header = [], color, width, ...rest } = flags;
      const each = flags.each || flags.stream || flags.follow || flags.compare !== undefined;
      const options = { ...rest, each, header, ...styleOf({ color, width }, environment) };
      const sources = [files.length > 0 && "files", jaeger && "--jaeger", tempo && "--tempo"].filter(Boolean);
      if (sources.length > 1) throw new InputError(`${sources.join(" and ")} are not read together`);
      if (jaeger !== undefined) {
        done(await renderJaeger({ ...options, jaeger }, environment));
        return;
      }
      const isSet = (name: (typeof BACKEND_ONLY)[number]): boolean =>
        flags[name] !== undefined && flags[name] !== false;
      const idle = (tempo === undefined ? BACKEND_ONLY : JAEGER_ONLY).find(isSet);
      if (idle !== undefined) throw new InputError(`--${idle} needs --jaeger URL`);
      if (tempo !== undefined) {
        done(await renderTempo({ ...options, tempo }, environment));
        return;
      }
      done(await render(files, options, environment));
    });
}

/** Options that only a Jaeger can serve. */
const JAEGER_ONLY = ["follow", "compare"] as const;
/** Options that say what to ask a backend for. */
const BACKEND_ONLY = [...JAEGER_ONLY, "trace", "service", "last", "header"] as const;

function addJaegerOptions(command: Command): void {
  command
    .option("-j, --jaeger <url>", "read from the query service of a running Jaeger, as localhost:16686")
    .option("-T, --tempo <url>", "read from a running Tempo, as localhost:3200")
    .option("-i, --trace <id>", "with --jaeger or --tempo: this trace")
    .option("-S, --service <name>", "with --jaeger or --tempo: traces in which the service's part failed")
    .option("-n, --last <count>", "with --service: the newest of them, the newest last", integer(1, 1000))
    .option("-F, --follow", "with --service: new ones as they come, until Ctrl-C", false)
    .option("-I, --interval <seconds>", "with --follow: from one look to the next", integer(1, 3600), 2)
    .option(
      "-C, --compare [id]",
      "with --trace: beside it another trace (default: the newest in which the same operation did not fail)",
    )
    .option(...HEADER_OPTION)
    .option(
      "-t, --timeout <seconds>",
      "with --jaeger or --tempo: how long one request may take",
      integer(1, 600),
      10,
    );
}
