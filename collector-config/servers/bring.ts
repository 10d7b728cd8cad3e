// Brings the servers that this machine lacks: by Debian's packages, and by `npm run tools`.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../program/find-program.ts";
import { printProgress } from "../program/print.ts";
import { RunError } from "../program/run-error.ts";
import type { Undo } from "../program/undo.ts";
import { PINS } from "../tools/files.ts";
import { logOf, runStep } from "../tools/step.ts";
import type { ServerKind } from "./server.ts";

/** What `npm run tools` needs for the servers that are jars, by program. */
const JAVA = { java: "default-jre-headless", mvn: "maven" };
const JARS = ["kafka", "elasticmq"];
/** Debian starts what it installs, unless this file says no: here each server is started by us, in a folder of its own. */
const POLICY = "/usr/sbin/policy-rc.d";

/**
 * Brings what is missing; does nothing if nothing is.
 *
 * @throws RunError that says what to type, if packages are missing and this user may not install them
 */
export async function bring(kinds: readonly ServerKind[], undo: Undo): Promise<void> {
  const missing = kinds.filter((kind) => kind.missing() !== undefined).map(({ comesBy }) => comesBy);
  const tools = missing.flatMap((by) => ("tool" in by ? [by.tool] : []));
  const packages = missing.flatMap((by) => ("debian" in by ? [by.debian] : []));
  if (tools.some((tool) => JARS.includes(tool))) {
    for (const [program, name] of Object.entries(JAVA))
      if (findProgram(program) === undefined) packages.push(name);
  }
  if (packages.length > 0) await install(packages, undo);
  for (const tool of tools) {
    const time = JARS.includes(tool) ? "half a minute" : "some minutes";
    printProgress(`npm run tools -- --only ${tool}: ${time}`);
    const args = [join(PINS, "main.ts"), "--only", tool];
    await runStep({ program: process.execPath, args }, logOf(`bring-${tool}`), undo, true);
  }
}

async function install(packages: readonly string[], undo: Undo): Promise<void> {
  const command = `apt-get install ${packages.join(" ")}`;
  const apt = findProgram("apt-get");
  if (apt === undefined || process.getuid?.() !== 0)
    throw new RunError(`these servers are missing. On Debian or Ubuntu: sudo ${command}`);
  printProgress(`${command}: one to five minutes`);
  const options = ["install", "--yes", "--quiet", "--no-install-recommends"];
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  const isOurs = !existsSync(POLICY);
  const takeBack = (): void => {
    if (isOurs) rmSync(POLICY, { force: true });
  };
  if (isOurs) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  await undo.add(takeBack);
  try {
    const args = [...options, ...packages];
    await runStep({ program: apt, args, environment }, logOf("bring-apt"), undo, true);
  } finally {
    takeBack();
  }
}
