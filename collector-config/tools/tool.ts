// What `npm run tools` knows of a tool: what it is pinned by, what it needs, how it is brought here.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TOOLS } from "./files.ts";
import type { Step } from "./step.ts";

/** Does one step of an installation. */
export type Run = (step: Step) => Promise<void>;

/** A program, or several, of one origin. */
export interface Tool {
  readonly name: string;
  /** How long it takes on two cores with nothing cached, for people. */
  readonly takes: string;
  /** Files that decide what it is: a change of them installs it again. */
  readonly pins: readonly string[];
  /** What has to be there afterwards. */
  readonly brings: readonly string[];
  /**
   * Brings it here; returns its version.
   *
   * @throws RunError where something that it needs is missing
   */
  install(run: Run): Promise<string>;
}

/** Version of a tool that is here, as its pins say; `undefined` where it is to be installed. */
export function installedVersion(tool: Tool): string | undefined {
  if (!tool.brings.every((path) => existsSync(path))) return undefined;
  const stamp = stampOf(tool);
  if (!existsSync(stamp)) return undefined;
  const { pins, version } = JSON.parse(readFileSync(stamp, "utf8")) as { pins: string; version: string };
  return pins === pinsOf(tool) ? version : undefined;
}

/** Remembers what was installed. */
export function remember(tool: Tool, version: string): void {
  const stamp = stampOf(tool);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, JSON.stringify({ pins: pinsOf(tool), version }));
}

function stampOf({ name }: Tool): string {
  return join(TOOLS, "installed", `${name}.json`);
}

function pinsOf({ pins }: Tool): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const pin of pins) hash.update(readFileSync(pin));
  return hash.digest("hex");
}
