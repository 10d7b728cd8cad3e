// Everything the lab prints; in colour only on a terminal.
import { styleText } from "node:util";
import { formatTree } from "otel-error-tree";
import type { Backend } from "./backend.ts";
import type { Lab } from "./lab.ts";
import { allSampled, type RunReport, spansByService } from "./runs.ts";

/** How the lab is used. */
export const USAGE = `Usage: npm run lab -- [options]

Starts the services of a topology, each a process of its own with head sampling at 0 %, and what they export to;
sends three requests, prints the error tree of each and what was exported; then stays up for curl, with a
gentle load, which the observatory shows in a browser: who calls whom, and each failing request as it comes.

  --once                stop after the three requests; exit code 1 when a tree is not the expected one
  --load RPS            requests a second that it sends itself while it stays up, 0 to 1000 (default: 2)
  --observatory-port P  port of the observatory (default: any free port)
  --no-observatory      do not start it
  --topology FILE       another call tree (default: examples/lab/topologies/seed.yaml)
  --port BASE           move the services to the ports from BASE on; 0: any free ports
  --backend jaeger      export to a real Collector with Jaeger behind it, which npm run tools has brought
  --backend URL         export to a Collector that is running; URL is the query API of the Jaeger behind it
  --otlp URL            with --backend URL: where the Collector takes OTLP over HTTP (default: port 4318 of the same host)
  --receiver-port PORT  port of the embedded OTLP receiver, which is there without --backend (default: any free port)
  --header-bytes BYTES  largest header value that carries a tree, 64 to 2048 (default: 1024)
  --save DIR            write what that receiver got to DIR/otlp.ndjson, the header values to DIR/headers.txt
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

/** What came of a run: the answer, the tree, the export and how to look at it, and what is wrong with them. */
export function printReport(
  { run, answer, verdict, spans, wrong }: RunReport,
  backend: Backend | undefined,
): void {
  const verdictText = styleText(verdict === "failed" ? "red" : "green", verdict);
  print(`${styleText("bold", `── ${run.name}`)}  HTTP ${answer.status}, verdict ${verdictText}`);
  if (answer.tree !== undefined) print(formatTree(answer.tree).split("\n").map(colour).join("\n"));
  print(styleText("dim", `exported: ${exportText(spans)}`));
  if (spans.length > 0)
    for (const way of backend?.lookAt?.(answer.traceId) ?? []) print(`look at it: ${way}`);
  for (const problem of wrong) printProblem(`${run.name}: ${problem}`);
  print();
}

/** Where the observatory is: the first line of all. */
export function printObservatory(url: string): void {
  print(`observatory: ${styleText(["bold", "underline"], url)}  (open it in a browser)\n`);
}

/** What a person can do with the running lab. */
export async function printInvitation(lab: Lab): Promise<void> {
  const { root, services } = lab.topology;
  for (const name of services.keys()) {
    print(`  ${name.padEnd(12)} ${await lab.urlOf(name)}/  (process ${lab.pidOf(name)})`);
  }
  for (const [name, url] of Object.entries(lab.backend.addresses)) print(`  ${name.padEnd(12)} ${url}`);
  const curl = `curl -si -H 'x-error-tree: v=1, f=json'`;
  const url = `${await lab.urlOf(root)}/`;
  print(`
The services are up; Ctrl-C stops them. Try:

  ${curl} ${url}
  ${curl} -H 'x-force-pass-${root}: true' ${url}
  ${curl} -H 'x-error-bypass: true' ${url}
`);
  const ways = lab.backend.lookAt?.("ID") ?? [];
  if (ways.length > 0)
    print(
      `ID is the trace in the body of an answer that failed:\n\n${ways.map((way) => `  ${way}\n`).join("")}`,
    );
}

function exportText(spans: RunReport["spans"]): string {
  if (spans.length === 0) return "nothing";
  const services = [...spansByService(spans)].map(([service, count]) => `${service} ${count}`);
  return `${spans.length} spans (${services.join(", ")})${flagsText(spans)}, trace ${spans[0]?.traceId}`;
}

/** Nothing where the backend does not keep the flags. */
function flagsText(spans: RunReport["spans"]): string {
  if (!allSampled(spans)) return ", NOT all with the sampled flag";
  return spans.some(({ flags }) => flags === undefined) ? "" : ", all with the sampled flag";
}

function colour(line: string): string {
  if (line.includes("<- root cause")) return styleText(["bold", "red"], line);
  if (line.includes("[drift")) return styleText("yellow", line);
  return /^\W+at /.test(line) ? styleText("dim", line) : line;
}
