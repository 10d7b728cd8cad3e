// One running reverse proxy, in a folder of its own, without the rights of root.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { findProgram } from "../../../collector-config/program/find-program.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";

const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
/** `nobody` and `nogroup` of Debian. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Where a proxy runs. */
export interface Place {
  /** Folder of its own for everything that it writes. */
  readonly folder: string;
  /** Where it listens on the loopback. */
  readonly port: number;
}

/** A program that serves as a reverse proxy. */
export interface ProxyProgram {
  readonly program: string;
  /** Arguments that keep it in the foreground, with the path of its configuration. */
  arguments(configuration: string, place: Place): readonly string[];
}

export const NGINX: ProxyProgram = {
  program: "nginx",
  arguments: (configuration, { folder }) => [
    ...["-p", folder, "-c", configuration, "-e", join(folder, "error.log"), "-g", "daemon off;"],
  ],
};

export const HAPROXY: ProxyProgram = {
  program: "haproxy",
  arguments: (configuration) => ["-db", "-q", "-f", configuration],
};

/** Why a proxy cannot be started here; `undefined` where it can. */
export function whyMissing({ program }: ProxyProgram): string | undefined {
  return findProgram(program) === undefined
    ? `no ${program} on this machine: apt-get install ${program}`
    : undefined;
}

/** A configuration of nginx whose files stay in its folder: `http` goes into the block of that name. */
export function nginxConfiguration(http: string): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${name};`,
  );
  return `pid nginx.pid;
worker_processes 1;
events {}
http {
  access_log off;
  ${folders.join(" ")}
  ${http}
}
`;
}

/**
 * Base URL of a proxy that was started here and runs until `undo`, which removes its folder as well.
 *
 * @throws RunError where it is not installed, or does not take connections
 */
export async function startProxy(
  proxy: ProxyProgram,
  configurationAt: (place: Place) => string,
  undo: Undo,
): Promise<string> {
  const { program } = proxy;
  const path = findProgram(program);
  if (path === undefined) throw new RunError(`${program} is not installed`);
  const folder = mkdtempSync(join(tmpdir(), `error-tree-${program}-`));
  await undo.add(() => rmSync(folder, { recursive: true, force: true }));
  const place = { folder, port: await freePort() };
  const configuration = join(folder, "proxy.conf");
  const asRoot = process.getuid?.() === 0;
  writeFileSync(configuration, configurationAt(place));
  if (asRoot) chownSync(folder, NOBODY.uid, NOBODY.gid);
  undo.assertNotOver();
  const child = spawn(path, proxy.arguments(configuration, place), {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: Ctrl-C is ours to handle, and what it has forked can be stopped with it.
    detached: true,
    ...(asRoot ? NOBODY : undefined),
  });
  await undo.add(() => stop(child));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      said = (said + chunk).slice(-2_000);
    });
  }
  const died = once(child, "exit").then(
    ([exitCode, signal]) => `it ended with ${signal ?? `exit code ${exitCode}`}`,
    (error: Error) => error.message,
  );
  const why = await Promise.race([died, untilListening(place.port, child)]);
  if (why !== undefined) throw new RunError(`${program} did not start: ${why}\n${said.trim()}`);
  return `http://${HOST}:${place.port}`;
}

/** A port of the loopback that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, HOST), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}

/** Resolves with nothing as soon as somebody accepts connections, else with what is wrong. */
async function untilListening(port: number, child: ChildProcess): Promise<string | undefined> {
  for (const start = Date.now(); Date.now() - start < START_TIMEOUT_MS; await setTimeout(POLL_MS)) {
    if (hasEnded(child)) break;
    const socket = connect(port, HOST);
    try {
      await once(socket, "connect");
      return undefined;
    } catch {
      // Not yet.
    } finally {
      socket.destroy();
    }
  }
  return `nobody listened on port ${port} after ${START_TIMEOUT_MS / 1000} s`;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const group = -child.pid;
  const killer = globalThis.setTimeout(() => process.kill(group, "SIGKILL"), STOP_TIMEOUT_MS);
  await exit;
  clearTimeout(killer);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
