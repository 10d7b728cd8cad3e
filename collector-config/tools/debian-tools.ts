// Prometheus and promtool: those that are installed, else those of Debian's package, unpacked here and not installed.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { findProgram } from "../program/find-program.ts";
import { RunError } from "../program/run-error.ts";
import { PROGRAMS, TOOLS } from "./files.ts";
import type { Run, Tool } from "./tool.ts";

const BROUGHT = [PROGRAMS.prometheus, PROGRAMS.promtool];
const UNPACKED = join(TOOLS, "src", "prometheus");

export const PROMETHEUS: Tool = {
  name: "prometheus",
  takes: "10 seconds",
  pins: [],
  brings: BROUGHT,
  async install(run) {
    mkdirSync(dirname(PROGRAMS.prometheus), { recursive: true });
    for (const path of BROUGHT) rmSync(path, { force: true });
    const installed = BROUGHT.map((path) => findProgram(basename(path)));
    if (installed.every((path) => path !== undefined)) {
      for (const [i, path] of installed.entries()) symlinkSync(path, BROUGHT[i] as string);
    } else {
      await unpack(run);
    }
    return versionOf(PROGRAMS.promtool);
  },
};

/** Needs no root, and starts no service. */
async function unpack(run: Run): Promise<void> {
  if (findProgram("apt-get") === undefined || findProgram("dpkg-deb") === undefined)
    throw new RunError(
      "Prometheus must be on the path, prometheus and promtool, or Debian's apt-get to get it",
    );
  rmSync(UNPACKED, { recursive: true, force: true });
  mkdirSync(UNPACKED, { recursive: true });
  try {
    await run({ program: "apt-get", args: ["download", "-q", "prometheus"], folder: UNPACKED });
  } catch (error) {
    throw new RunError(`${(error as Error).message}\nIf it knows no such package: apt-get update, as root`);
  }
  const archive = readdirSync(UNPACKED).find((name) => name.endsWith(".deb")) as string;
  await run({ program: "dpkg-deb", args: ["-x", archive, "."], folder: UNPACKED });
  for (const path of BROUGHT) copyFileSync(join(UNPACKED, "usr", "bin", basename(path)), path);
  rmSync(UNPACKED, { recursive: true });
}

function versionOf(program: string): string {
  const { stdout, stderr } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return /version (\S+)/.exec(stdout + stderr)?.[1]?.split("+")[0] ?? "of unknown version";
}
