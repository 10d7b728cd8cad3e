// Registers the hooks by which instrumentations see what ES modules import.
import { createRequire, register } from "node:module";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";

type Instrumentation = NodeSDKConfiguration["instrumentations"][number];

interface RegisterHooks {
  supportsSyncHooks(): boolean;
  register(options: { include?: readonly (string | RegExp)[] | undefined }): void;
}

/**
 * Registers them, in this thread if this Node.js can do that. Modules that nobody wants to see are left as they are, which
 * takes less time and cannot break them.
 *
 * @param places where packages are found that bring hooks of their own
 * @param wanted names of modules that are observed beside those of the instrumentations
 */
export async function registerHooks(
  places: Iterable<NodeJS.Require>,
  instrumentations: readonly Instrumentation[],
  wanted: readonly string[],
): Promise<void> {
  const include = modulesToSee(instrumentations, wanted);
  for (const hooks of hookFiles(places)) {
    const module = (await import(pathToFileURL(hooks).href)) as RegisterHooks;
    if (module.supportsSyncHooks()) module.register({ include });
    else register(new URL("hook.mjs", pathToFileURL(hooks)), { data: { include } });
  }
}

/** Instrumentations of different versions may bring a copy each, and hear only of what that copy sees. */
function hookFiles(places: Iterable<NodeJS.Require>): Set<string> {
  const files = new Set<string>();
  for (const place of places) {
    try {
      const instrumentation = createRequire(place.resolve("@opentelemetry/instrumentation"));
      files.add(instrumentation.resolve("import-in-the-middle/register-hooks.mjs"));
    } catch {
      // It needs no hooks, or is too old to have them.
    }
  }
  return files;
}

/** As names, and as parts of paths, because some files within a package are patched, too. `undefined` means all. */
function modulesToSee(
  instrumentations: readonly Instrumentation[],
  wanted: readonly string[],
): (string | RegExp)[] | undefined {
  const names = new Set(wanted);
  for (const instrumentation of instrumentations) {
    const { _modules: modules } = instrumentation as { _modules?: unknown };
    // Whoever keeps its modules elsewhere may want to see any.
    if (!Array.isArray(modules)) return undefined;
    for (const { name } of modules as { name: unknown }[]) if (typeof name === "string") names.add(name);
  }
  return [...names].flatMap((name) =>
    isAbsolute(name)
      ? [pathToFileURL(name).href]
      : [name, RegExp(`/node_modules/${name.replace(/[.+]/g, "\\$&")}/`)],
  );
}
