// Registers the hooks by which instrumentations see what ES modules import.
import { createRequire, register } from "node:module";
import { pathToFileURL } from "node:url";

interface RegisterHooks {
  supportsSyncHooks(): boolean;
  register(): void;
}

/** Registers them, in this thread if this Node.js can do that. Costs time at every import that follows: it comes last. */
export async function registerHooks(): Promise<void> {
  const here = createRequire(import.meta.url);
  const sdk = createRequire(here.resolve("@opentelemetry/sdk-node"));
  const instrumentation = createRequire(sdk.resolve("@opentelemetry/instrumentation"));
  const hooks = instrumentation.resolve("import-in-the-middle/register-hooks.mjs");
  const module = (await import(pathToFileURL(hooks).href)) as RegisterHooks;
  if (module.supportsSyncHooks()) module.register();
  else register("import-in-the-middle/hook.mjs", pathToFileURL(hooks));
}
