// Starts a NodeSDK with the error tree, with the instrumentations that are installed, and with all that is observed beside them.
import { createRequire } from "node:module";
import { getStringFromEnv } from "@opentelemetry/core";
import type { NodeSDK } from "@opentelemetry/sdk-node";
import { configureWithEnd } from "../setup.ts";
import { watchEnd } from "./end.ts";
import { Flush } from "./flush.ts";
import { registerHooks } from "./hooks.ts";
import { installAll } from "./installed.ts";
import { AUTO, findInstrumentations } from "./instrumentations.ts";
import { packageName, programRequire } from "./program.ts";
import { tell } from "./tell.ts";

/** Starts everything. The SDK is loaded by `require`, and the hooks come last: any other order takes twice as long. */
export async function start(): Promise<void> {
  const sdkNode = createRequire(import.meta.url)("@opentelemetry/sdk-node") as { NodeSDK: typeof NodeSDK };
  const require = programRequire();
  const { instrumentations, from } = findInstrumentations(require);
  const serviceName = getStringFromEnv("OTEL_SERVICE_NAME") ?? packageName();
  const config = { instrumentations, ...(serviceName === undefined ? {} : { serviceName }) };
  const { config: whole, end } = configureWithEnd(config, {}, {});
  const sdk = new sdkNode.NodeSDK(whole);
  sdk.start();
  watchEnd(new Flush(sdk, whole.spanProcessors ?? [], end));
  installAll({ require });
  await registerHooks();
  const which = from === undefined ? "" : ` of ${AUTO}`;
  tell(`on (service ${serviceName}, ${instrumentations.length} instrumentations${which})`);
}
