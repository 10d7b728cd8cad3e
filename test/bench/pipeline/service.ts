// One service of the chain, whose CPU is counted beside that of the Collector.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { type ChainName, chainListener } from "../../e2e/outages/chain.ts";
import { answerQuestions, readArgument } from "../child.ts";
import { startTelemetry } from "./telemetry.ts";
import type { VariantName } from "./variants.ts";

/** What a service is started with. */
export interface ServiceArgument {
  readonly variant: VariantName;
  readonly name: ChainName;
  /** Base URL of the service that it calls. */
  readonly next: string | undefined;
}

/** What it says first. */
export interface ServiceHello {
  readonly url: string;
}

/** Answered as soon as all spans that wait are exported. */
export type ServiceQuestion = "begin" | "end";

/** CPU of the process since "begin", all threads, user and system, in seconds. */
export interface Usage {
  readonly cpu: number;
}

const HOST = "127.0.0.1";
const { variant, name, next } = readArgument<ServiceArgument>();
const flush = startTelemetry(variant, name);
const server = http.createServer(chainListener(name, next));

server.listen(0, HOST, () => {
  const hello: ServiceHello = { url: `http://${HOST}:${(server.address() as AddressInfo).port}` };
  let began = process.cpuUsage();
  answerQuestions<ServiceQuestion, Usage>(hello, async (question) => {
    await flush();
    if (question === "begin") began = process.cpuUsage();
    const { user, system } = process.cpuUsage(began);
    return { cpu: (user + system) / 1e6 };
  });
});
