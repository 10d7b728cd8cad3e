// Declares `otel-error-tree doctor`: its options, their help and examples.
import { type Command, Option } from "commander";
import { type DoctorOptions, doctor } from "../doctor/doctor.ts";
import type { CommandEnvironment } from "../environment.ts";
import { addStyleOptions, HEADER_OPTION, integer, type StyleFlags, styleOf } from "./flags.ts";

const SECRET_VARIABLE = "OTEL_ERROR_TREE_SECRET";
const EXAMPLES = `
Exit codes:
  0  nothing is wrong, though there may be something to judge for yourself
  1  something is wrong
  2  a URL could not be reached, or the command line is wrong

Examples:
  otel-error-tree doctor localhost:8080
  otel-error-tree doctor http://checkout:8080/orders/fails http://payment:8080/ http://stock:8080/
  otel-error-tree doctor --header 'Authorization: Bearer …' https://shop.internal/
  otel-error-tree doctor --format json localhost:8080 | jq '.urls[].findings[] | select(.mark == "bad")'`;

interface DoctorFlags extends Omit<DoctorOptions, "colour" | "width" | "method" | "header">, StyleFlags {
  readonly method: string | undefined;
  readonly header: readonly string[] | undefined;
}

/** Adds the command; `done` gets the exit code. */
export function addDoctorCommand(
  program: Command,
  environment: CommandEnvironment,
  done: (code: number) => void,
): void {
  const command = program
    .command("doctor")
    .summary("ask running services whether error trees get through")
    .description(
      "Asks the service at each URL for an error tree, as a service would, and says in plain words whether it answers, " +
        "whether the trace context arrives, the header comes through whole, something between strips or keeps it, how much room " +
        "its head leaves, and whether clock and secret fit. Several URLs are a chain: is each in the tree of the first?\n\n" +
        "A URL that fails shows most: only then there is a tree. Three to seven requests go to each URL, one after the other, " +
        "each with a trace of its own that is not sampled.",
    )
    .argument("<URL...>", "what to ask; http:// may be left out")
    .option(
      "-k, --secret <keyid:secret>",
      `the services' secret, or two of them (default: ${SECRET_VARIABLE}, where others on this host cannot read it)`,
    )
    .option("-X, --method <method>", "of every request (default: GET, with --data POST)")
    .option(...HEADER_OPTION)
    .option("-d, --data <text>", "body of every request: mind that it is sent several times")
    .option("-t, --timeout <seconds>", "how long one request may take", integer(1, 600), 10)
    .addOption(
      new Option("-f, --format <format>", "text: one finding a line; json: one object")
        .choices(["text", "json"])
        .default("text"),
    );
  addStyleOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (urls: string[], { color, width, ...flags }: DoctorFlags) => {
      const options: DoctorOptions = {
        ...flags,
        secret: flags.secret ?? environment.env[SECRET_VARIABLE],
        header: flags.header ?? [],
        method: flags.method ?? (flags.data === undefined ? "GET" : "POST"),
        ...styleOf({ color, width }, environment),
      };
      done(await doctor(urls, options, environment));
    });
}
