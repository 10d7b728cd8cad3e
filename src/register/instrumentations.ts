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
  /** Where the packages that they depend on are found. */
  readonly places: readonly NodeJS.Require[];
  /** Those that the environment names, of which NodeSDK itself knows few. */
  readonly resourceDetectors: NodeSDKConfiguration["resourceDetectors"] | undefined;
}

/** What {@link AUTO} exports. */
interface AutoInstrumentations {
  getNodeAutoInstrumentations(): Instrumentation[];
  getResourceDetectors(): NodeSDKConfiguration["resourceDetectors"];
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
    const file = resolved(place, AUTO);
    if (file !== undefined) return allOf(place(file) as AutoInstrumentations, createRequire(file));
  }
  const found: Instrumentation[] = [];
  const dependencies: NodeJS.Require[] = [];
  for (const [name, folder] of packagesIn(places)) {
    if (!isWanted(name)) continue;
    const place = createRequire(join(folder, "[from]"));
    const file = resolved(place, `${SCOPE}/${PREFIX}${name}`);
    if (file === undefined) continue;
    found.push(...instrumentationsOf(`${SCOPE}/${PREFIX}${name}`, place));
    dependencies.push(createRequire(file));
  }
  return { instrumentations: found, from: undefined, places: dependencies, resourceDetectors: undefined };
}

function allOf(auto: AutoInstrumentations, place: NodeJS.Require): Found {
  const named = getStringListFromEnv("OTEL_NODE_RESOURCE_DETECTORS") ?? [];
  return {
    instrumentations: auto.getNodeAutoInstrumentations(),
    from: AUTO,
    places: [place],
    resourceDetectors: named.length === 0 ? undefined : auto.getResourceDetectors(),
  };
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

function instrumentationsOf(name: string, place: NodeJS.Require): Instrumentation[] {
  try {
    return Object.entries(place(name) as Record<string, unknown>).flatMap(([key, value]) =>
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

/** The file of the package; `undefined` if it is not installed there. */
function resolved(place: NodeJS.Require, name: string): string | undefined {
  try {
    return place.resolve(name);
  } catch {
    return undefined;
  }
}
