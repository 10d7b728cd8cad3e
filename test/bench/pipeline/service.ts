// One service of the chain, whose CPU is counted beside that of the Collector.
import http from "node:http";
import { type ChainName, chainListener } from "../../e2e/outages/chain.ts";
import { onAsk } from "../../support/process/in-child.ts";
import { readArgument, serve } from "../../support/process/serve.ts";
import { startTelemetry, type TelemetryOptions } from "./telemetry.ts";

/** What a service is started with. */
export interface ServiceArgument extends TelemetryOptions {
  readonly name: ChainName;
  /** Base URL of the service that it calls. */
  readonly next: string | undefined;
}

/** CPU of the process since "begin", all threads, user and system, in seconds. */
export interface Usage {
  readonly cpu: number;
}

const { name, next, ...telemetry } = readArgument<ServiceArgument>();
const flush = startTelemetry({ name, ...telemetry });
let began = process.cpuUsage();

// Both wait until all spans that are to be exported are.
onAsk({
  async begin() {
    await flush();
    began = process.cpuUsage();
  },
  async end(): Promise<Usage> {
    await flush();
    const { user, system } = process.cpuUsage(began);
    return { cpu: (user + system) / 1e6 };
  },
});
serve(http.createServer(chainListener(name, next)));
