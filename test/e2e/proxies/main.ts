// `npm run e2e:proxies`: the library behind real reverse proxies; nothing that it does may harm a response.
import { printPassing, printProgress } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { startProxy } from "../../support/proxy/start-proxy.ts";
import { CACHE_ROWS } from "./cache-rows.ts";
import { installMissing, versionOf } from "./install.ts";
import { MATRIX } from "./matrix.ts";
import { CACHE_NOTES, NOTES, printHarm, printTable, USAGE } from "./print.ts";
import { PROXIES, type ReverseProxy } from "./proxies.ts";
import { type Cell, Report, type Table } from "./report.ts";
import type { Row, Target } from "./row.ts";
import { type Stage, setStage } from "./stage.ts";

await runProgram({
  name: "proxies",
  usage: USAGE,
  options: { proxy: { type: "string", multiple: true } },
  verdict: "no response was harmed",
  run: ({ proxy }, undo) => run(readProxies(proxy), undo),
});

async function run(proxies: readonly ReverseProxy[], undo: Undo): Promise<string[]> {
  await installMissing(proxies, undo, printProgress);
  undo.assertNotOver();
  printProgress("starting the services");
  const stage = await setStage(undo);
  const report = new Report();
  const trees = emptyTable("behind", proxies, NOTES);
  const caches = emptyTable(
    "kept by",
    proxies.filter((proxy) => proxy.caches),
    CACHE_NOTES,
  );
  for (const proxy of proxies) {
    undo.assertNotOver();
    printProgress(`behind ${proxy.name}`);
    const url = await startProxy(proxy, (place) => proxy.configuration(place, stage.upstreams), undo);
    const target: Target = { proxy, url, stage, report };
    await fill(trees, MATRIX, target);
    if (proxy.caches) await fill(caches, CACHE_ROWS, target);
  }
  printPassing("");
  await checkCounts(stage, report);
  for (const table of [trees, caches]) if (table.columns.length > 0) printTable(table);
  printHarm(report, stage.responses);
  return report.problems;
}

type Fillable = Table & { readonly rows: { title: string; cells: Cell[] }[] };

function emptyTable(title: string, proxies: readonly ReverseProxy[], notes: string): Fillable {
  const columns = proxies.map((proxy) => [proxy.name, versionOf(proxy)].join(" ").trim());
  return { title, columns, rows: [], notes };
}

/** Tries every row at one proxy: a column more. */
async function fill({ rows }: Fillable, tried: readonly Row[], target: Target): Promise<void> {
  for (const [place, row] of tried.entries()) {
    printPassing(`${target.proxy.name}: ${row.title}`);
    const cell = await row.run(target);
    rows[place] ??= { title: row.title, cells: [] };
    rows[place].cells.push(cell);
  }
}

/** What the library says of itself must agree with what was seen. */
async function checkCounts(stage: Stage, report: Report): Promise<void> {
  const { services, asker } = await stage.counts();
  const expect = (what: string, is: number | undefined, should: number): void => {
    if ((is ?? 0) !== should) report.wrong.push(`counted ${what}: ${should} expected, ${is ?? 0} came`);
  };
  for (const counts of services) {
    expect("internal errors of a service", counts.internal_errors, 0);
    expect("malformed asks", counts.asks_malformed, 0);
  }
  expect("internal errors of the asker", asker.internal_errors, 0);
  expect("malformed answers", asker.answers_malformed, 0);
  expect("answers made for others", asker.answers_foreign, stage.foreign);
}

function readProxies(names: readonly string[] | undefined): readonly ReverseProxy[] {
  if (names === undefined) return PROXIES;
  for (const name of names) {
    if (PROXIES.some((proxy) => proxy.name === name)) continue;
    throw new RunError(`there is no proxy ${name}, only ${PROXIES.map((proxy) => proxy.name).join(", ")}`);
  }
  return PROXIES.filter(({ name }) => names.includes(name));
}
