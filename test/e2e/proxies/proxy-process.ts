// One running reverse proxy, in a folder of its own, without the rights of root.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { RunError } from "../../support/program/run-error.ts";
import type { Undo } from "../../support/program/undo.ts";
import { findProgram } from "./install.ts";
import type { ReverseProxy, Upstreams } from "./proxies.ts";

const HOST = "127.0.0.1";
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
/** `nobody` and `nogroup` of Debian. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Base URL of a proxy that was started here and runs until `undo`. */
export async function startProxy(
  proxy: ReverseProxy,
  folder: string,
  upstreams: Upstreams,
  undo: Undo,
): Promise<string> {
  const place = { folder: join(folder, proxy.name), port: await freePort(), upstreams };
  const configuration = join(place.folder, "proxy.conf");
  const asRoot = process.getuid?.() === 0;
  mkdirSync(place.folder);
  writeFileSync(configuration, proxy.configuration(place));
  if (asRoot) {
    chmodSync(folder, 0o711);
    chownSync(place.folder, NOBODY.uid, NOBODY.gid);
  }
  const child = spawn(findProgram(proxy.program) as string, proxy.arguments(configuration, place), {
    cwd: place.folder,
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
  if (why !== undefined) throw new RunError(`${proxy.name} did not start: ${why}\n${said.trim()}`);
  return `http://${HOST}:${place.port}`;
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

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, HOST), "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}
