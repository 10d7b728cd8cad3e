// A network namespace of Linux: processes in it have addresses that this machine has not, and reach nobody outside.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findProgram } from "../../collector-config/program/find-program.ts";
import type { Undo } from "../../collector-config/program/undo.ts";

const run = promisify(execFile);
const PREFIX = "error-tree-";

/** A namespace that was made, or why there is none. */
export type Namespace =
  | { readonly name: string; readonly command: readonly string[] }
  | { readonly why: string };

/**
 * Makes a namespace with these addresses on its own loopback interface; it is deleted by `undo`. The machine's interfaces
 * stay as they are. Put `command` before a command line to run it inside.
 */
export async function makeNamespace(addresses: readonly string[], undo: Undo): Promise<Namespace> {
  const ip = findProgram("ip");
  if (ip === undefined) return { why: "no program ip here" };
  if (process.getuid?.() !== 0) return { why: "only root can make a network namespace" };
  await deleteLeftOver(ip);
  const name = `${PREFIX}${process.pid}`;
  try {
    await run(ip, ["netns", "add", name]);
  } catch (error) {
    return { why: `ip netns add failed: ${lastLine(error)}` };
  }
  await undo.add(() => run(ip, ["netns", "delete", name]).then(() => {}));
  try {
    await run(ip, ["-n", name, "link", "set", "lo", "up"]);
    for (const address of addresses) {
      const options = address.includes(":") ? ["nodad"] : [];
      await run(ip, ["-n", name, "address", "add", address, "dev", "lo", ...options]);
    }
  } catch (error) {
    return { why: `the namespace got no address: ${lastLine(error)}` };
  }
  return { name, command: [ip, "netns", "exec", name] };
}

/** Deletes the namespaces of programs that were killed before they could do it. */
async function deleteLeftOver(ip: string): Promise<void> {
  const { stdout } = await run(ip, ["netns", "list"]).catch(() => ({ stdout: "" }));
  for (const [, name = "", pid = ""] of stdout.matchAll(/^(error-tree-(\d+))\b/gm)) {
    if (!isRunning(Number(pid))) await run(ip, ["netns", "delete", name]).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function lastLine(error: unknown): string {
  const { stderr = "", message } = error as Error & { readonly stderr?: string };
  return stderr.trim().split("\n").at(-1) || message;
}
