// Everything the lab prints; in colour only on a terminal.
import { styleText } from "node:util";
import { formatTree } from "otel-error-tree";
import type { Lab } from "./lab.ts";
import { allSampled, type RunReport, spansByService } from "./runs.ts";

/** How the lab is used. */
export const USAGE = `Usage: npm run lab -- [options]

Starts the services of a topology, each a process of its own with head sampling at 0 %, and an OTLP receiver;
sends three requests, prints the error tree of each and what was exported; then stays up for curl.

  --once                stop after the three requests; exit code 1 when a tree is not the expected one
  --topology FILE       another call tree (default: examples/lab/topologies/seed.yaml)
  --port BASE           move the services to the ports from BASE on; 0: any free ports
  --receiver-port PORT  port of the OTLP receiver (default: any free port)
  --header-bytes BYTES  largest header value that carries a tree, 64 to 2048 (default: 1024)
  --save DIR            write what was received to DIR/otlp.ndjson, the header values to DIR/headers.txt
  --help                print this
`;

/** One line on standard output. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** One line on standard error. */
export function printProblem(problem: string): void {
  const text = styleText("red", `lab: ${problem}`, { stream: process.stderr });
  process.stderr.write(`${text}\n`);
}

/** What came of a run: the answer, the tree, the export, and what is wrong with them. */
export function printReport({ run, answer, verdict, spans, wrong }: RunReport): void {
  const verdictText = styleText(verdict === "failed" ? "red" : "green", verdict);
  print(`${styleText("bold", `── ${run.name}`)}  HTTP ${answer.status}, verdict ${verdictText}`);
  if (answer.tree !== undefined) print(formatTree(answer.tree).split("\n").map(colour).join("\n"));
  print(styleText("dim", `exported: ${exportText(spans)}`));
  for (const problem of wrong) printProblem(`${run.name}: ${problem}`);
  print();
}

/** What a person can do with the running lab. */
export async function printInvitation(lab: Lab): Promise<void> {
  const { root, services } = lab.topology;
  for (const name of services.keys()) {
    print(`  ${name.padEnd(12)} ${await lab.urlOf(name)}/  (process ${lab.pidOf(name)})`);
  }
  print(`  ${"receiver".padEnd(12)} ${lab.receiver.url}/v1/traces`);
  const curl = `curl -si -H 'x-error-tree: v=1, f=json'`;
  const url = `${await lab.urlOf(root)}/`;
  print(`
The services are up; Ctrl-C stops them. Try:

  ${curl} ${url}
  ${curl} -H 'x-force-pass-${root}: true' ${url}
  ${curl} -H 'x-error-bypass: true' ${url}
`);
}

function exportText(spans: RunReport["spans"]): string {
  if (spans.length === 0) return "nothing";
  const services = [...spansByService(spans)].map(([service, count]) => `${service} ${count}`);
  const flags = allSampled(spans) ? "all with" : "NOT all with";
  return `${spans.length} spans (${services.join(", ")}), ${flags} the sampled flag, trace ${spans[0]?.traceId}`;
}

function colour(line: string): string {
  if (line.includes("<- root cause")) return styleText(["bold", "red"], line);
  if (line.includes("[drift")) return styleText("yellow", line);
  return /^\W+at /.test(line) ? styleText("dim", line) : line;
}
