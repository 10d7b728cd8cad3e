// Has HttpInstrumentation patch Node's HTTP modules, also for ES modules, which its own hook does not see.
import { syncBuiltinESMExports } from "node:module";
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";

export type Instrumentations = NodeSDKConfiguration["instrumentations"];
type Instrumentation = Exclude<Instrumentations[number], readonly unknown[]>;

/** The name of the instrumentation. */
export const HTTP = "@opentelemetry/instrumentation-http";

/**
 * It patches what is loaded by `require`, and an ES module loads otherwise. So the modules are loaded here in its sight, and what ES
 * modules have imported by name (`import { get } from "node:http"`) is set to what it made of them.
 *
 * Does nothing if the instrumentation is not among these, or not enabled yet: whoever loads a module before it keeps it from
 * ever patching that.
 */
export function patchHttp(instrumentations: Instrumentations | undefined): void {
  try {
    if (!(instrumentations ?? []).flat().some(isEnabledHttp)) return;
    for (const name of ["node:http", "node:https"]) process.getBuiltinModule(name);
    syncBuiltinESMExports();
  } catch {
    // An instrumentation of another kind, or a patch of somebody else that throws: the SDK starts without this.
  }
}

function isEnabledHttp(one: Instrumentation): boolean {
  return one.instrumentationName === HTTP && one.getConfig().enabled !== false;
}
