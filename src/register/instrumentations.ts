// Finds the instrumentations that are installed, and makes one of each.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { getStringListFromEnv } from "@opentelemetry/core";
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { reasonOf, tell } from "./tell.ts";

type Instrumentation = NodeSDKConfiguration["instrumentations"][number];

/** The instrumentations, and where they come from. */
export interface Found {
  readonly instrumentations: Instrumentation[];
  /** The package that brought all of them; `undefined` if each is a package of its own. */
  readonly from: string | undefined;
}

export const AUTO = "@opentelemetry/auto-instrumentations-node";
const SCOPE = "@opentelemetry";
const PREFIX = "instrumentation-";
/** Those that {@link AUTO} leaves out by default, too: a span for each file that is read, and metrics of the host. */
const LEFT_OUT = ["fs", "host-metrics"];

/** Looks for them from the program's folder and from ours. */
export function findInstrumentations(program: NodeJS.Require): Found {
  const places = [program, createRequire(import.meta.url)];
  for (const place of places) {
    const auto = loaded(place, AUTO);
    if (auto === undefined) continue;
    const make = auto.getNodeAutoInstrumentations as () => Instrumentation[];
    return { instrumentations: make(), from: AUTO };
  }
  const made = new Map<string, Instrumentation[]>();
  for (const [name, folder] of packagesIn(places)) {
    if (isWanted(name)) made.set(name, instrumentationsOf(`${SCOPE}/${PREFIX}${name}`, folder));
  }
  return { instrumentations: [...made.values()].flat(), from: undefined };
}

/** The last part of the name of each package, and the folder `node_modules` that it is in; the nearest one counts. */
function packagesIn(places: readonly NodeJS.Require[]): Map<string, string> {
  const found = new Map<string, string>();
  const folders = new Set(places.flatMap((place) => place.resolve.paths(SCOPE) ?? []));
  for (const folder of folders) {
    for (const name of namesIn(join(folder, SCOPE))) {
      if (!name.startsWith(PREFIX)) continue;
      const rest = name.slice(PREFIX.length);
      if (!found.has(rest)) found.set(rest, folder);
    }
  }
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** The same variables as those of {@link AUTO}. */
function isWanted(name: string): boolean {
  const enabled = getStringListFromEnv("OTEL_NODE_ENABLED_INSTRUMENTATIONS") ?? [];
  const disabled = getStringListFromEnv("OTEL_NODE_DISABLED_INSTRUMENTATIONS") ?? [];
  if (disabled.includes(name)) return false;
  return enabled.length === 0 ? !LEFT_OUT.includes(name) : enabled.includes(name);
}

function instrumentationsOf(name: string, folder: string): Instrumentation[] {
  try {
    const exported = createRequire(join(folder, "[from]"))(name) as Record<string, unknown>;
    return Object.entries(exported).flatMap(([key, value]) =>
      /Instrumentation$/.test(key) && isClass(value) ? [new value()] : [],
    );
  } catch (error) {
    tell(`${name} cannot be used: ${reasonOf(error)}`);
    return [];
  }
}

function isClass(value: unknown): value is new () => Instrumentation {
  return typeof value === "function" && typeof value.prototype?.enable === "function";
}

/** The module; `undefined` if it is not installed there. */
function loaded(place: NodeJS.Require, name: string): Record<string, unknown> | undefined {
  try {
    place.resolve(name);
  } catch {
    return undefined;
  }
  return place(name) as Record<string, unknown>;
}
