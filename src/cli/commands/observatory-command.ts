// Declares `otel-error-tree observatory`: its options, their help and examples.
import type { Command } from "commander";
import type { CommandEnvironment } from "../environment.ts";
import { type ObserveOptions, observe } from "../observatory/observe.ts";
import { addStyleOptions, HEADER_OPTION, integer, type StyleFlags, styleOf } from "./flags.ts";

const TOKEN_VARIABLE = "ERROR_TREE_OBSERVATORY_TOKEN";
const EXAMPLES = `
Examples:
  otel-error-tree observatory
  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 node --import otel-error-tree/register service.js
  otel-error-tree observatory --slo slo.yaml --jaeger localhost:16686
  otel-error-tree observatory --prometheus localhost:9090 --selector 'job="collector"'
  otel-error-tree observatory --kafka broker-1:9092,broker-2:9092 --topic events --topic otlp_spans
  tail -f events.ndjson | otel-error-tree observatory --events -
  ERROR_TREE_OBSERVATORY_TOKEN=… otel-error-tree observatory --host 0.0.0.0`;

interface ObservatoryFlags
  extends Omit<ObserveOptions, "colour" | "events" | "window" | "header" | "topics">,
    StyleFlags {
  readonly events: readonly string[] | undefined;
  readonly header: readonly string[] | undefined;
  readonly window: number | undefined;
  readonly topic: readonly string[] | undefined;
}

/** Adds the command; `done` gets the exit code. */
export function addObservatoryCommand(
  program: Command,
  environment: CommandEnvironment,
  done: (code: number) => void,
): void {
  const command = program
    .command("observatory")
    .summary("show all traffic as one graph, live, with the failures as they come")
    .description(
      "Serves a page with the flow graph of all traffic: who calls whom, how often, how fast, what fails, where the trace " +
        "context does not arrive; and the error tree of each failing request as it comes. It takes OTLP over HTTP (traces and " +
        "metrics, as services and Collectors send them) and plain events, and keeps the last hour in memory.",
    )
    .option("-p, --port <port>", "of the page and of OTLP", integer(0, 65_535), 4318)
    .option("--host <address>", "where to listen; beyond this machine a token is needed", "127.0.0.1")
    .option("--token <token>", `what everybody has to show (default: ${TOKEN_VARIABLE})`)
    .option("-j, --jaeger <url>", "Jaeger's query service, for links and for traces that are looked up")
    .option("--slo <file>", "quality attributes in YAML, by which edges are judged")
    .option("--prometheus <url>", "fill the windows from a Prometheus that has the metrics of services, too")
    .option(
      "--selector <matchers>",
      'with --prometheus: label matchers, so that nothing counts twice, as job="shop"',
    )
    .option(...HEADER_OPTION)
    .option(
      "--kafka <brokers>",
      "take events out of Kafka, as one of a group of observers; host:port, with commas between",
    )
    .option(
      "--topic <name>",
      "with --kafka: a topic of plain events, spans or metrics; may be given several times",
      (topic: string, others: readonly string[] = []) => [...others, topic],
    )
    .option(
      "--group <name>",
      "with --kafka: of the observers that share the work",
      "otel-error-tree-observatory",
    )
    .option("--window <seconds>", "width of a window (default: 10, with --prometheus 60)", integer(1, 3600))
    .option("--keep <seconds>", "how long windows are kept", integer(60, 86_400), 3600)
    .option(
      "--events <file>",
      "read plain events from a file, - for standard input; may be given several times",
      (file: string, others: readonly string[] = []) => [...others, file],
    );
  addStyleOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(
      async ({
        color,
        width,
        events = [],
        header = [],
        topic: topics = [],
        token,
        ...flags
      }: ObservatoryFlags) => {
        const window = flags.window ?? (flags.prometheus === undefined ? 10 : 60);
        const { colour } = styleOf({ color, width }, environment);
        const shown = token ?? (environment.env[TOKEN_VARIABLE] || undefined);
        done(await observe({ ...flags, window, events, topics, header, token: shown, colour }, environment));
      },
    );
}
