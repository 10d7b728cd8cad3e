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
  const urlOf = (module: string): string => pathToFileURL(instrumentation.resolve(module)).href;
  const hooks = (await import(urlOf("import-in-the-middle/register-hooks.mjs"))) as RegisterHooks;
  if (hooks.supportsSyncHooks()) hooks.register();
  else register(urlOf("import-in-the-middle/hook.mjs"));
}
