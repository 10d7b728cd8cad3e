// Two copies of the package that are measured alike: this checkout as it stands, and another commit in a git worktree.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { printProgress } from "../../../../collector-config/program/print.ts";
import { RunError } from "../../../../collector-config/program/run-error.ts";
import type { BenchTransport } from "../options.ts";
import { differingPackages, type Lock } from "./packages.ts";

const CHECKOUT = fileURLToPath(new URL("../../../../", import.meta.url));
const BENCH = join("test", "bench");
/** What that program imports beside itself. */
const PROCESS = join("test", "support", "process");
const PROGRAMS: Readonly<Record<BenchTransport, string>> = {
  http: join(BENCH, "middle", "service.ts"),
  grpc: join(BENCH, "middle", "grpc-service.ts"),
};
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

export interface Copies {
  /** The measured program, beside the library as this checkout has it. */
  readonly here: URL;
  /** The same program, beside the library of the other commit. */
  readonly there: URL;
  /** The other commit, for people. */
  readonly name: string;
  /** Happens by itself when the process ends, by a signal too. */
  remove(): void;
}

/**
 * Copies and builds. This checkout is copied too, so that both lie alike, and nobody changes it under the bench.
 *
 * @throws RunError where there is no such commit, or it cannot be built
 */
export function makeCopies(ref: string, transport: BenchTransport): Copies {
  const commit = commitOf(ref);
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "otel-error-tree-bench-")));
  const [here, there] = [join(directory, "this"), join(directory, "that")];
  const remove = onceAtEnd(() => {
    rmSync(directory, { recursive: true, force: true });
    // Git still has the worktree on its list. Interrupted while it was adding one, it may not know it by that name.
    if (!git("worktree", "remove", "--force", there).ok) git("worktree", "prune");
  });
  try {
    copyThis(here);
    checkOut(commit, there);
  } catch (error) {
    remove();
    throw error;
  }
  const short = commit.slice(0, 7);
  return {
    here: pathToFileURL(join(here, PROGRAMS[transport])),
    there: pathToFileURL(join(there, PROGRAMS[transport])),
    name: commit.startsWith(ref) ? short : `${ref} (${short})`,
    remove,
  };
}

function commitOf(ref: string): string {
  const { ok, out } = git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`);
  if (ok) return out;
  throw new RunError(`--against: git knows no commit "${ref}" in ${CHECKOUT}`);
}

/** What the measured program needs, and no more. */
function copyThis(directory: string): void {
  if (!existsSync(join(CHECKOUT, "dist"))) throw new RunError("there is no dist: npm run build");
  mkdirSync(directory);
  for (const part of ["package.json", "dist", BENCH, PROCESS]) {
    cpSync(join(CHECKOUT, part), join(directory, part), { recursive: true });
  }
  linkPackages(directory);
}

function checkOut(commit: string, directory: string): void {
  printProgress(`${commit.slice(0, 7)}: checking out and building`);
  // No hook of somebody's has a say in what is measured.
  const added = git("-c", "core.hooksPath=/dev/null", "worktree", "add", "--detach", directory, commit);
  if (!added.ok) throw new RunError(`git worktree add: ${added.out}`);
  const differing = differingPackages(
    readLock(join(directory, "package-lock.json")),
    readLock(join(CHECKOUT, "node_modules", ".package-lock.json")),
  );
  if (differing.length === 0) {
    linkPackages(directory);
  } else {
    printProgress(`It runs with other packages, so npm ci; the ratio is theirs too: ${differing.join(", ")}`);
    npm(directory, "ci", "--no-audit", "--no-fund");
  }
  npm(directory, "run", "--silent", "build");
  // The measuring program is the same on both sides, and finds the library by its name: that of the package around it.
  for (const part of [BENCH, PROCESS]) {
    rmSync(join(directory, part), { recursive: true, force: true });
    cpSync(join(CHECKOUT, part), join(directory, part), { recursive: true });
  }
}

/** Node and tsc follow the link, so both sides load the very same files. */
function linkPackages(directory: string): void {
  symlinkSync(realpathSync(join(CHECKOUT, "node_modules")), join(directory, "node_modules"), "junction");
}

function readLock(file: string): Lock {
  return JSON.parse(readFileSync(file, "utf8")) as Lock;
}

function git(...args: readonly string[]): { readonly ok: boolean; readonly out: string } {
  const { status, stdout, stderr, error } = spawnSync("git", ["-C", CHECKOUT, ...args], { encoding: "utf8" });
  const ok = status === 0;
  return { ok, out: ok ? stdout.trim() : (error?.message ?? stderr.trim()) };
}

/** What it prints goes where progress goes. */
function npm(directory: string, ...args: readonly string[]): void {
  const { status, signal, error } = spawnSync("npm", args, { cwd: directory, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  throw new RunError(
    `npm ${args.join(" ")} in ${directory}: ${error?.message ?? signal ?? `exit code ${status}`}`,
  );
}

/** Does the work when it is called, or else when the process ends, and only once. */
function onceAtEnd(work: () => void): () => void {
  const ends = Object.entries(SIGNALS).map(([signal, number]) => {
    const end = (): never => process.exit(128 + number);
    process.once(signal, end);
    return { signal, end };
  });
  const once = (): void => {
    process.off("exit", once);
    for (const { signal, end } of ends) process.off(signal, end);
    work();
  };
  process.once("exit", once);
  return once;
}
