// `npm run compat`: the packed library on every runtime, both SDKs, and in every way in which programs are run.
import { execFile } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { print, printPassing, printProgress } from "../../collector-config/program/print.ts";
import { runProgram } from "../../collector-config/program/run-program.ts";
import type { Undo } from "../../collector-config/program/undo.ts";
import { startServer } from "../../collector-config/servers/server.ts";
import { install } from "../support/installed/install.ts";
import { aligned } from "../support/table.ts";
import { RUNTIMES, type Runtime, SDKS, type Sdk, WAYS, type Way } from "./cells.ts";
import { prove } from "./prove.ts";

const run = promisify(execFile);
const PROGRAMS = fileURLToPath(new URL("./programs/", import.meta.url));
/** `moduleResolution` of the programs that are only compiled, with the `module` that goes with it. */
const RESOLUTIONS = { node16: "node16", nodenext: "nodenext", bundler: "esnext" };

/** Everything is checked, the types of the library and of the SDK too. */
const STRICT = [
  ...["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--target", "es2022"],
  ...["--types", "node", "--skipLibCheck", "false"],
];

const USAGE = `Usage: npm run compat -- [options]

Installs the packed library beside OpenTelemetry SDK 2.12 and 3.1, and runs two services that fail: by Node 20, 22, 24, 26
and Deno, as ES modules, CommonJS and TypeScript, by register, tsx, compiled by TypeScript 5 and 7, and as bundles of esbuild and
webpack without node_modules; by register also over gRPC, HTTP/2 and a queue (RabbitMQ), and with a database (PostgreSQL), as far as
this machine has their servers. The answer of the first service must be the tree, and both must export why they failed.

  --only TEXT  only cells whose names hold it, such as "webpack", "Node 26" or "SDK 3.1, tsx"
  --short      only Node 24 with SDK 3.1: as it is, and the bundles of esbuild
  --help       print this

Exit code 1 if a cell fails.
`;

await runProgram({
  name: "compat",
  usage: USAGE,
  options: { short: { type: "boolean", default: false }, only: { type: "string", default: "" } },
  verdict: "every cell holds",
  run: ({ short, only }, undo) => (short ? runShort(only, undo) : runAll(only, undo)),
});

async function runShort(only: string, undo: Undo): Promise<string[]> {
  const sdk = SDKS.filter(({ folder }) => folder === "sdk3");
  const runtime: Runtime = { name: "Node 24", command: [process.execPath] };
  const ways = WAYS.filter(({ name }) =>
    /^(?:ESM|CommonJS|register, ESM|esbuild, .*|.*, register, .*)$/.test(name),
  );
  return await runCells({ sdks: sdk, runtimes: [runtime], ways, compiled: false, only }, undo);
}

async function runAll(only: string, undo: Undo): Promise<string[]> {
  printProgress("installing the runtimes");
  const folder = await install({
    from: new URL("./runtimes/", import.meta.url),
    library: false,
    scripts: true,
    undo,
  });
  const runtimes = RUNTIMES.map(({ name, command: [file, ...flags] }): Runtime => {
    return { name, command: [join(folder, "node_modules", file), ...flags] };
  });
  return await runCells({ sdks: SDKS, runtimes, ways: WAYS, compiled: only === "", only }, undo);
}

interface Matrix {
  readonly sdks: readonly Sdk[];
  readonly runtimes: readonly Runtime[];
  readonly ways: readonly Way[];
  /** Whether programs are compiled with every way to resolve modules. */
  readonly compiled: boolean;
  /** What the name of a cell has to hold. */
  readonly only: string;
}

function titleOf(sdk: Sdk, way: Way, runtime: Runtime): string {
  return `${sdk.name}, ${way.name}, ${runtime.name}`;
}

/** Whether there is such a cell, and it is wanted. */
function isWanted({ only }: Matrix, sdk: Sdk, way: Way, runtime: Runtime): boolean {
  const isCell = way.only.test(runtime.name) && sdk.without?.test(runtime.name) !== true;
  return isCell && titleOf(sdk, way, runtime).includes(only);
}

async function runCells(matrix: Matrix, undo: Undo): Promise<string[]> {
  printProgress("installing compilers and bundlers");
  const tools = await install({ from: new URL("./tools/", import.meta.url), library: false, undo });
  const problems: string[] = [];
  for (const sdk of matrix.sdks) {
    const ways = matrix.ways.filter((way) =>
      matrix.runtimes.some((runtime) => isWanted(matrix, sdk, way, runtime)),
    );
    if (ways.length === 0) continue;
    printProgress(`installing ${sdk.name} and the packed library`);
    const folder = await install({ from: new URL(`./${sdk.folder}/`, import.meta.url), undo });
    cpSync(PROGRAMS, folder, { recursive: true });
    const made = await makeAll(ways, folder, tools);
    if (matrix.compiled) problems.push(...(await printCompiled(sdk, folder, tools)));
    const rows = [[sdk.name, ...matrix.runtimes.map(({ name }) => name)]];
    for (const way of ways) {
      // Bundles come last, and have nothing but themselves.
      if (isBundle(way)) rmSync(join(folder, "node_modules"), { recursive: true, force: true });
      const cells: string[] = [];
      const missing = way.server?.missing();
      if (missing !== undefined) {
        rows.push([`${way.name}: left out, ${missing}`]);
        continue;
      }
      const server = way.server === undefined ? undefined : await startServer(way.server, undo);
      for (const runtime of matrix.runtimes) {
        const title = titleOf(sdk, way, runtime);
        printPassing(title);
        const isMeant = isWanted(matrix, sdk, way, runtime);
        const flags = way.flags.map((flag) => flag.replace("TOOLS", tools));
        const [node, ...first] = runtime.command;
        const service = {
          command: [node, ...first, ...flags],
          program: join(folder, way.program),
          end: way.end ?? (0 as const),
          cwd: folder,
          ...(way.paths === undefined ? undefined : { paths: way.paths }),
          ...(way.beneath === undefined ? undefined : { beneath: way.beneath }),
          env: { ...way.env, ...(server === undefined ? undefined : { SERVER: server.address }) },
        };
        const wrong = isMeant ? (made.get(way) ?? (await prove(service, undo))) : undefined;
        cells.push(markOf(wrong));
        problems.push(...(wrong ?? []).map((problem) => `${title}: ${problem}`));
      }
      rows.push([way.name, ...cells]);
    }
    print(`\n${aligned(rows, "texts")}`);
  }
  return problems;
}

function isBundle({ made }: Way): boolean {
  return made?.tool === "esbuild" || made?.tool === "webpack";
}

function markOf(wrong: readonly string[] | undefined): string {
  if (wrong === undefined) return "";
  return wrong.length === 0 ? "✔" : "✘";
}

/** Makes what has to be made before it runs; keeps why that failed. */
async function makeAll(
  ways: readonly Way[],
  folder: string,
  tools: string,
): Promise<ReadonlyMap<Way, readonly string[]>> {
  const failed = new Map<Way, readonly string[]>();
  for (const way of ways) {
    if (way.made === undefined) continue;
    const { tool, format, from } = way.made;
    const args =
      tool === "tsc5" || tool === "tsc7"
        ? [tscOf(tools, tool), ...STRICT, "--module", "nodenext", "--outDir", tool, from]
        : [join(tools, "bundle.mjs"), tool, format, from, way.program];
    const wrong = await outputOf(args, folder);
    if (wrong !== undefined) failed.set(way, [wrong]);
  }
  return failed;
}

/** Compiles the program with every way to resolve modules, and says what was wrong. */
async function printCompiled(sdk: Sdk, folder: string, tools: string): Promise<string[]> {
  const problems: string[] = [];
  const rows = [[`${sdk.name}, types`, ...Object.keys(RESOLUTIONS)]];
  for (const [name, tool] of [
    ["TypeScript 5.9", "tsc5"],
    ["TypeScript 7.0", "tsc7"],
  ] as const) {
    const cells: string[] = [];
    for (const [resolution, module] of Object.entries(RESOLUTIONS)) {
      const flags = ["--module", module, "--moduleResolution", resolution, "--noEmit"];
      const files = resolution === "nodenext" ? ["service.mts", "require.cts"] : ["service.mts"];
      const wrong = await outputOf([tscOf(tools, tool), ...STRICT, ...flags, ...files], folder);
      cells.push(markOf(wrong === undefined ? [] : [wrong]));
      if (wrong !== undefined) problems.push(`${sdk.name}, ${name}, ${resolution}: ${wrong}`);
    }
    rows.push([name, ...cells]);
  }
  print(`\n${aligned(rows, "texts")}`);
  return problems;
}

function tscOf(tools: string, tool: "tsc5" | "tsc7"): string {
  return join(tools, "node_modules", tool === "tsc5" ? "typescript5" : "typescript7", "bin/tsc");
}

/** Runs a tool to its end; returns what it said if it failed. */
async function outputOf(args: readonly string[], cwd: string): Promise<string | undefined> {
  try {
    await run(process.execPath, [...args], { cwd });
    return undefined;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`.trim().slice(0, 2_000) || String(error);
  }
}
