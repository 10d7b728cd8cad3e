// Starts a NodeSDK with the error tree, with the instrumentations that are installed, and with all that is observed beside them.
import { createRequire } from "node:module";
import { isMainThread } from "node:worker_threads";
import { getStringFromEnv } from "@opentelemetry/core";
import type { NodeSDK, NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import { warnAloud } from "../health/warning.ts";
import { configureWithEnd } from "../setup.ts";
import { watchEnd } from "./end.ts";
import { Flush, SpansEnded } from "./flush.ts";
import { unheld, watchExports } from "./hold.ts";
import { registerHooks } from "./hooks.ts";
import { installAll } from "./installed.ts";
import { findInstrumentations } from "./instrumentations.ts";
import { ModuleWatch } from "./module-watch.ts";
import { startedBefore, watchLaterSdks } from "./other-sdk.ts";
import { packageName, programRequire } from "./program.ts";
import { startLine } from "./start-line.ts";
import { tell, tellInfo } from "./tell.ts";

/** Starts everything. The SDK is loaded by `require`, and the hooks come last: any other order takes twice as long. */
export async function start(): Promise<void> {
  const program = programRequire();
  const other = startedBefore();
  if (other !== undefined) {
    tell(other);
    return;
  }
  warnAloud();
  watchExports();
  const here = createRequire(import.meta.url);
  const { NodeSDK: Sdk } = here("@opentelemetry/sdk-node") as { NodeSDK: typeof NodeSDK };
  const found = findInstrumentations(program);
  const { instrumentations, resourceDetectors } = found;
  const serviceName = nameFromEnv() === undefined ? packageName() : undefined;
  const wishes: Partial<NodeSDKConfiguration> = {
    instrumentations,
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(resourceDetectors === undefined ? {} : { resourceDetectors }),
  };
  const { config, end } = configureWithEnd(wishes, {}, {}, unheld);
  const processors = config.spanProcessors ?? [];
  const ended = new SpansEnded();
  const sdk = new Sdk({ ...config, spanProcessors: [...processors, ended] });
  sdk.start();
  watchLaterSdks(program);
  watchEnd(new Flush(sdk, processors, ended, end));
  const ours = createRequire(here.resolve("@opentelemetry/sdk-node"));
  const modules = new ModuleWatch(ours);
  installAll({ require: program, modules });
  await registerHooks([ours, ...found.places], instrumentations, modules.names);
  if (isMainThread) tellInfo(startLine(serviceName ?? nameFromEnv() ?? "unknown_service:node", found));
}

/** The name of the service, as the SDK takes it from the environment. */
function nameFromEnv(): string | undefined {
  const pairs = getStringFromEnv("OTEL_RESOURCE_ATTRIBUTES")?.split(",") ?? [];
  const pair = pairs.map((one) => one.split("=")).findLast(([key]) => key?.trim() === "service.name");
  const name = getStringFromEnv("OTEL_SERVICE_NAME") ?? decoded(pair?.[1]?.trim());
  return name === "" ? undefined : name;
}

/** Nothing if it cannot be decoded: the SDK then takes none of the attributes. */
function decoded(value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
