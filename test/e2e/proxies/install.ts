// Debian packages of the proxies: found, or installed without leaving a service of the distribution running.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { findProgram } from "../../../collector-config/program/find-program.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { ReverseProxy } from "./proxies.ts";

/** Asked by Debian's packages before they start a service; 101 says no. */
const POLICY = "/usr/sbin/policy-rc.d";
const POLICY_TEXT =
  "#!/bin/sh\n# Made by otel-error-tree's e2e:proxies while it installs; can be removed.\nexit 101\n";
const LOCK_SECONDS = 120;

/** Version of an installed package, without what Debian adds; `undefined` where it did not come as a package. */
export function versionOf({ debianPackage }: ReverseProxy): string | undefined {
  const query = findProgram("dpkg-query");
  if (query === undefined) return undefined;
  const { stdout } = spawnSync(query, [
    "--show",
    "--showformat",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of dpkg-query
    "${source:Upstream-Version}",
    debianPackage,
  ]);
  return stdout?.toString() || undefined;
}

/**
 * Installs the packages of the proxies whose programs are missing. What was installed before is left alone; what is
 * installed now stays, but its services are neither started nor enabled.
 *
 * @throws RunError where packages are missing and cannot be installed
 */
export async function installMissing(
  proxies: readonly ReverseProxy[],
  undo: Undo,
  progress: (line: string) => void,
): Promise<void> {
  const missing = proxies.filter(({ program }) => findProgram(program) === undefined);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  const command = `apt-get install ${packages.join(" ")}`;
  const aptGet = findProgram("apt-get");
  if (aptGet === undefined) {
    throw new RunError(`${packages.join(", ")} must be installed, and there is no apt-get to do it`);
  }
  if (process.getuid?.() !== 0) throw new RunError(`only root can install what is missing: ${command}`);
  progress(`installing ${packages.join(", ")}`);
  const services = new Set(missing.flatMap((proxy) => proxy.services));
  await withoutStartingServices(undo, async (follow) => {
    await apt(aptGet, ["update"], follow);
    // Told to stop meanwhile, we have given back the right to start services.
    undo.assertNotOver();
    await apt(aptGet, ["install", "--yes", "--no-install-recommends", ...packages], follow);
    for (const service of services) stopAndDisable(service);
  });
  for (const { program } of missing) {
    if (findProgram(program) === undefined) throw new RunError(`${command} brought no ${program}`);
  }
}

type Follow = (child: ChildProcess) => void;

/** Runs `install` while nothing that is installed may start its service; a rule that is there already stays. */
async function withoutStartingServices(
  undo: Undo,
  install: (follow: Follow) => Promise<void>,
): Promise<void> {
  let running: ChildProcess | undefined;
  const ours = forbidStarts();
  const allow = async (): Promise<void> => {
    // The rule holds for as long as packages are set up, though we were told to stop.
    if (running !== undefined && running.exitCode === null && running.signalCode === null)
      await once(running, "exit");
    if (ours) rmSync(POLICY, { force: true });
  };
  await undo.add(allow);
  try {
    await install((child) => {
      running = child;
    });
  } finally {
    await allow();
  }
}

/** False where a rule is there already: in containers it usually is, and says no. */
function forbidStarts(): boolean {
  try {
    writeFileSync(POLICY, POLICY_TEXT, { flag: "wx", mode: 0o755 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function apt(program: string, args: readonly string[], follow: Follow): Promise<void> {
  const child = spawn(program, ["-qq", "-o", `DPkg::Lock::Timeout=${LOCK_SECONDS}`, ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C must not stop it halfway through a package.
    detached: true,
  });
  follow(child);
  const [, said, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  if (exitCode !== 0) throw new RunError(`apt-get ${args.join(" ")} failed: ${said.trim()}`);
}

/** For a service that has just been installed: nobody else can be using it. */
function stopAndDisable(service: string): void {
  for (const command of [
    ["service", service, "stop"],
    ["update-rc.d", service, "disable"],
  ]) {
    // Either may have nothing to do, and says so by its exit code.
    spawnSync(command[0] as string, command.slice(1), { stdio: "ignore" });
  }
}
