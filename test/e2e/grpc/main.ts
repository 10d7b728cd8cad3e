// `npm run e2e:grpc`: grpc-js with error trees, against servers and clients in Python (C-core) and Go that know nothing of them.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readNumber } from "../../../collector-config/program/arguments.ts";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { aligned } from "../../support/table.ts";
import { type Report, SCRIPTS } from "./scripts.ts";

const USAGE = `npm run e2e:grpc -- [--calls N] [--at-once N]

Makes calls of every kind between grpc-js, which is started with otel-error-tree/register, and servers and clients in Python
(grpcio) and in Go that know nothing of it. No status, no details, no trailer may differ from what the server sent; clients in
Python and Go that ask must get trees of up to 4,096 bytes and survive them. A language that is missing is skipped.

  --calls N    calls of each row (default 2000)
  --at-once N  calls at a time (default 40)
`;

const HERE = fileURLToPath(new URL(".", import.meta.url));
const TOOLS = fileURLToPath(new URL("../../../.tools/grpc/", import.meta.url));
const GRPCIO = "grpcio==1.85.3";
const MOST_BYTES = 4096;
const run = promisify(execFile);

/** How a peer is started; what follows says what it shall do. */
interface Peer {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const NODE: Peer = {
  name: "grpc-js",
  command: [process.execPath, "--import", "otel-error-tree/register", join(HERE, "peer.ts")],
  env: {
    OTEL_SERVICE_NAME: "peer",
    OTEL_TRACES_EXPORTER: "none",
    OTEL_METRICS_EXPORTER: "none",
    OTEL_LOGS_EXPORTER: "none",
    OTEL_TRACES_SAMPLER: "always_off",
    OTEL_ERROR_TREE_TRUST: "loopback",
    NODE_NO_WARNINGS: "1",
  },
};

interface Row {
  readonly client: Peer;
  readonly server: Peer;
  readonly asks: boolean;
}

await runProgram({
  name: "grpc",
  usage: USAGE,
  options: {
    calls: { type: "string", default: "2000" },
    "at-once": { type: "string", default: "40" },
  },
  verdict: "no call was harmed",
  run: async ({ calls, "at-once": atOnce }, undo) => {
    const peers = [await python(), await go()];
    const skipped = peers.filter((peer) => typeof peer === "string");
    const there = peers.filter((peer) => typeof peer !== "string");
    const rows: Row[] = [
      { client: NODE, server: NODE, asks: true },
      ...there.flatMap((peer) => [
        { client: NODE, server: peer, asks: true },
        { client: peer, server: NODE, asks: false },
        { client: peer, server: NODE, asks: true },
      ]),
    ];
    const problems: string[] = [];
    const lines = [["client", "server", "asks", "calls", "harmed", "answers", "longest", "calls/s"]];
    for (const row of rows) {
      printProgress(`${nameOf(row)}: ${calls} calls`);
      const many = {
        calls: readNumber("--calls", calls, 28, 1e6),
        atOnce: readNumber("--at-once", atOnce, 1, 1_000),
      };
      const { report, seconds } = await rowOf(row, many, undo);
      const { answers, longest, harmed } = report;
      lines.push([
        ...[row.client.name, row.server.name, row.asks ? "yes" : "no"],
        ...[report.calls, harmed, answers, longest, Math.round(report.calls / seconds)].map(String),
      ]);
      problems.push(...problemsOf(row, report, many.calls));
    }
    print(aligned(lines));
    for (const reason of skipped) print(`skipped: ${reason}`);
    return problems;
  },
});

function nameOf({ client, server, asks }: Row): string {
  return `${client.name} -> ${server.name}${asks ? "" : ", nobody asks"}`;
}

function problemsOf(row: Row, report: Report, calls: number): string[] {
  const problems: string[] = [];
  const name = nameOf(row);
  if (report.calls !== calls) problems.push(`${name}: ${report.calls} calls of ${calls} came back`);
  if (report.harmed > 0)
    problems.push(`${name}: ${report.harmed} calls harmed, as ${report.examples.join(" | ")}`);
  // Only a client that knows nothing of answers finds them.
  const isForeign = row.client !== NODE;
  if (isForeign && report.answers !== (row.asks ? calls : 0))
    problems.push(`${name}: ${report.answers} answers`);
  if (report.longest > MOST_BYTES) problems.push(`${name}: an answer of ${report.longest} bytes`);
  if (isForeign && row.asks && report.longest < MOST_BYTES / 2) {
    problems.push(`${name}: the longest answer had ${report.longest} bytes, which proves little`);
  }
  return problems;
}

async function rowOf(
  { client, server, asks }: Row,
  { calls, atOnce }: { readonly calls: number; readonly atOnce: number },
  undo: Undo,
): Promise<{ report: Report; seconds: number }> {
  const serving = start(server, ["serve"], undo);
  const { port } = await firstLine<{ port: number }>(server, serving);
  const began = performance.now();
  const args = ["call", `127.0.0.1:${port}`, String(calls), String(atOnce), asks ? "ask" : "silent"];
  const calling = start(client, [...args, JSON.stringify(SCRIPTS)], undo);
  const report = await firstLine<Report>(client, calling);
  const seconds = (performance.now() - began) / 1000;
  serving.stdin?.end();
  calling.stdin?.end();
  await Promise.all([serving, calling].map((child) => child.exitCode ?? once(child, "exit")));
  return { report, seconds };
}

function start(peer: Peer, args: readonly string[], undo: Undo): ChildProcess {
  undo.assertNotOver();
  const [command = "", ...rest] = peer.command;
  const child = spawn(command, [...rest, ...args], {
    env: { PATH: process.env.PATH, ...peer.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  child.once("exit", (code) => {
    if (code !== 0 && code !== null) printProgress(`${peer.name} ended with ${code}: ${said.trim()}`);
  });
  void undo.add(() => void child.kill("SIGKILL"));
  return child;
}

async function firstLine<T>(peer: Peer, { stdout }: ChildProcess): Promise<T> {
  if (stdout === null) throw new RunError(`${peer.name} has no output`);
  for await (const line of createInterface(stdout)) return JSON.parse(line) as T;
  throw new RunError(`${peer.name} ended without a word`);
}

/** Why a peer is missing, or the peer. */
async function python(): Promise<Peer | string> {
  const folder = join(TOOLS, "python");
  const python = join(folder, "bin/python");
  try {
    if (!existsSync(python)) await run("python3", ["-m", "venv", folder]);
    await run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", GRPCIO]);
    return { name: "Python", command: [python, join(HERE, "peers/peer.py")] };
  } catch (error) {
    return `Python: ${reasonOf(error)}`;
  }
}

async function go(): Promise<Peer | string> {
  const program = join(TOOLS, "peer");
  try {
    mkdirSync(TOOLS, { recursive: true });
    await run("go", ["build", "-o", program, "."], { cwd: join(HERE, "peers/go") });
    return { name: "Go", command: [program] };
  } catch (error) {
    return `Go: ${reasonOf(error)}`;
  }
}

function reasonOf(error: unknown): string {
  return (
    String((error as Error).message)
      .trim()
      .split("\n")
      .at(-1) ?? ""
  );
}
