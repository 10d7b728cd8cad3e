// `npm run e2e:register`: the packed library under `--import otel-error-tree/register`, as users install it.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { OtlpReceiver } from "../../register/otlp-receiver.ts";
import { install } from "../../support/installed/install.ts";
import { type Exit, NodeProcess } from "../../support/process/node-process.ts";
import { aligned } from "../../support/table.ts";
import { REGISTER, ROWS, type Row } from "./rows.ts";

const PROGRAMS = fileURLToPath(new URL("./programs/", import.meta.url));
const ON = /^otel-error-tree: on \(/;
/** A program that has not ended so long after SIGTERM ignores it. */
const IGNORES_MS = 4_000;

const USAGE = `Usage: npm run e2e:register -- [options]

Installs the packed library beside SDK 2 and SDK 3 with auto-instrumentations-node, and starts a service of express by
\`--import otel-error-tree/register\`: on several versions of Node.js, as ES module, CommonJS and TypeScript, beside Sentry, the
register of auto-instrumentations-node and a provider of the program, in both orders. The answer must be the tree, or one line must say
why there is none; what failed must be exported at SIGTERM; and the process must end as it does without us.

  --short  only this Node.js, with SDK 3
  --help   print this

Exit code 1 if a row fails.
`;

await runProgram({
  name: "e2e:register",
  usage: USAGE,
  options: { short: { type: "boolean", default: false } },
  verdict: "every row holds",
  run: async ({ short }, undo) => {
    const nodes = new Map([["Node 24", process.execPath]]);
    if (!short) {
      printProgress("installing the runtimes");
      const from = new URL("./runtimes/", import.meta.url);
      const folder = await install({ from, library: false, scripts: true, undo });
      for (const major of [20, 22, 26])
        nodes.set(`Node ${major}`, join(folder, `node_modules/node${major}/bin/node`));
    }
    const problems: string[] = [];
    for (const sdk of short ? [3] : [3, 2]) {
      printProgress(`installing SDK ${sdk} and the packed library`);
      const folder = await install({ from: new URL(`./sdk${sdk}/`, import.meta.url), undo });
      cpSync(PROGRAMS, folder, { recursive: true });
      const rows = [[`SDK ${sdk}`, ...nodes.keys()]];
      for (const row of ROWS) {
        const cells: string[] = [];
        for (const [name, node] of nodes) {
          const title = `SDK ${sdk}, ${name}`;
          const isMeant = (row.only?.test(title) ?? true) && !(sdk === 3 && name === "Node 20");
          const wrong = isMeant ? await prove(row, { node, cwd: folder }, undo) : undefined;
          cells.push(wrong === undefined ? "" : wrong.length === 0 ? "✔" : "✘");
          problems.push(...(wrong ?? []).map((problem) => `${title}, ${row.name}: ${problem}`));
        }
        rows.push([row.name, ...cells]);
      }
      print(`\n${aligned(rows, "texts")}`);
    }
    return problems;
  },
});

interface Place {
  readonly node: string;
  readonly cwd: string;
}

/** Returns what is wrong with a row. */
async function prove(row: Row, place: Place, undo: Undo): Promise<string[]> {
  const receiver = await OtlpReceiver.start();
  try {
    const imports = row.imports.filter((one) => one !== REGISTER);
    const without = await start({ ...row, imports }, place, receiver, undo);
    const under = await start(row, place, receiver, undo);
    const problems: string[] = [];
    const response = await fetch(`${under.url}/orders/7`, { headers: { "x-error-tree": "v=1, f=json" } });
    const tree = JSON.parse(response.headers.get("x-error-tree") ?? "null");
    const isWhole = tree?.code === "internal" && tree.children[0]?.code === "permission-denied";
    if (isWhole !== row.answers) problems.push(`the answer is ${JSON.stringify(tree)}`);
    // Signals are seen in the main thread alone: a worker exports when its request has ended, not at the signal.
    if (row.program === "worker.mjs") await receiver.represents(1);
    const exits = await Promise.all([terminated(without), terminated(under)]);
    const [plain, ours] = exits.map((exit) => JSON.stringify(exit));
    if (plain !== ours) problems.push(`ends with ${ours}, without us with ${plain}`);
    if (row.answers && receiver.represented === 0) problems.push("nothing was exported");
    return [...problems, ...wronglySaid(row, under.err)];
  } catch (error) {
    return [String((error as Error).message)];
  } finally {
    receiver.close();
  }
}

async function start(
  row: Row,
  { node, cwd }: Place,
  receiver: OtlpReceiver,
  undo: Undo,
): Promise<NodeProcess> {
  const flags = row.imports.flatMap((one) => ["--import", one]);
  const env = {
    OTEL_SERVICE_NAME: "checkout",
    OTEL_ERROR_TREE_TRUST: "loopback",
    OTEL_TRACES_SAMPLER: "always_off",
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_NODE_RESOURCE_DETECTORS: "host,process",
    ...(row.inVariable === true ? { NODE_OPTIONS: flags.join(" ") } : {}),
  };
  const nodeOptions = row.inVariable === true ? [] : flags;
  return await NodeProcess.listening(join(cwd, row.program), { node, nodeOptions, env, cwd, undo });
}

async function terminated(service: NodeProcess): Promise<Exit> {
  const timer = setTimeout(() => service.signal("SIGKILL"), IGNORES_MS);
  service.signal("SIGTERM");
  const exit = await service.exited;
  clearTimeout(timer);
  return exit;
}

/** What we say must be what the row names, each once. */
function wronglySaid({ answers, says = [] }: Row, err: string): string[] {
  const lines = err.split("\n").filter((line) => line.includes("otel-error-tree: "));
  const expected = answers ? [ON, ...says] : says;
  const missing = expected.filter((pattern) => lines.filter((line) => pattern.test(line)).length !== 1);
  const strange = lines.filter((line) => !expected.some((pattern) => pattern.test(line)));
  return [
    ...missing.map((pattern) => `not said once: ${pattern}`),
    ...strange.map((line) => `said: ${line}`),
  ];
}
