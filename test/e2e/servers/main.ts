// `npm run e2e:servers`: real brokers and databases, their usual clients, and what a failure at one of them looks like.
import { readNames } from "../../../collector-config/program/arguments.ts";
import { print, printPassing, printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import { Undo } from "../../../collector-config/program/undo.ts";
import { startServer } from "../../../collector-config/servers/server.ts";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { aligned } from "../../support/table.ts";
import { DATABASES } from "./databases/rows.ts";
import { QUEUES } from "./queues/rows.ts";
import { STARTS } from "./starts.ts";
import type { Row, Table } from "./table.ts";

const TABLES: readonly Table[] = [STARTS, QUEUES, DATABASES];
const SERVERS = [...new Set(TABLES.flatMap(({ rows }) => rows.map(({ server }) => server.name)))];

const USAGE = `Usage: npm run e2e:servers -- [options]

Starts real servers on free ports, each in a folder of its own, has their usual clients meet failures, and judges what our
services export. A row whose server this machine lacks is left out, and says so. Everything is stopped and removed at the end.

  --only SERVERS  only their rows, separated by commas: ${SERVERS.join(", ")}
  --all           a server that is missing is an error: for CI
  --help          print this

Exit code 1 when anything is not as it should be.
`;

await runProgram({
  name: "servers",
  usage: USAGE,
  options: { only: { type: "string" }, all: { type: "boolean", default: false } },
  verdict: "all as it should be",
  run: ({ only, all }, undo) => run(new Set(readNames("--only", only, SERVERS)), all, undo),
});

async function run(servers: ReadonlySet<string>, all: boolean, undo: Undo): Promise<string[]> {
  const receiver = await startReceiver();
  await undo.add(() => receiver.close());
  const problems: string[] = [];
  for (const table of TABLES) {
    const rows = table.rows.filter(({ server }) => servers.has(server.name));
    if (rows.length === 0) continue;
    const names = Object.keys(table.cases);
    const lines = [[table.title, ...names]];
    const notes = names.map((name) => `${name}: ${table.cases[name]}`);
    for (const row of rows) {
      const missing = row.server.missing();
      if (missing === undefined) {
        const { cells, wrong } = await tryRow(row, names, receiver, undo);
        lines.push([row.client, ...cells]);
        problems.push(...wrong);
      } else {
        lines.push([row.client, "left out"]);
        notes.push(`${row.client} is left out: ${missing}`);
        if (all) problems.push(`${row.client}: ${missing}`);
      }
    }
    printPassing("");
    print(aligned(lines, "texts"));
    print(`\n${notes.join("\n")}\n`);
  }
  return problems;
}

/** What came of a row: a word for each case, and all that is wrong. */
interface Tried {
  readonly cells: readonly string[];
  readonly wrong: readonly string[];
}

/** Tries a row with a server of its own, one case after the other. A case that throws is wrong, and stops nobody. */
async function tryRow(
  { client, server, set }: Row,
  names: readonly string[],
  receiver: Receiver,
  outer: Undo,
): Promise<Tried> {
  printProgress(`${client}: starting ${server.name}`);
  const undo = new Undo();
  await outer.add(() => undo.all());
  const wrong: string[] = [];
  const words = new Map<string, string>();
  const attempt = async (name: string, judge: () => Promise<readonly string[]>): Promise<void> => {
    const problems = await judge().catch((error: Error) => [error.stack ?? error.message]);
    words.set(name, problems.length === 0 ? "ok" : "WRONG");
    wrong.push(...problems.map((problem) => `${client}, ${name}: ${problem}`));
  };
  await attempt("start", async () => {
    const cases = await set({ server: await startServer(server, undo), receiver, undo, whole: outer });
    for (const [name, judge] of Object.entries(cases)) {
      printPassing(`${client}: ${name}`);
      if (judge !== undefined) await attempt(name, judge);
    }
    return [];
  });
  await attempt("end", async () => {
    await undo.all();
    return [];
  });
  const otherwise = words.get("start") === "ok" ? "-" : "not tried";
  return { cells: names.map((name) => words.get(name) ?? otherwise), wrong };
}
