// OpenTelemetry for a replica of a lab service, and what its parent needs to watch and to steer it: loaded before its program.
import http from "node:http";
import { registerHooks } from "node:module";
import type { NodeSDK } from "@opentelemetry/sdk-node";
import { onAsk } from "../../support/process/in-child.ts";
import { startTelemetry } from "../storm/telemetry.ts";
import { AskCounter } from "./ask-counter.ts";
import { PeerAgent, type Peers } from "./peer-agent.ts";
import type { Words } from "./replica.ts";

const { OTEL_ERROR_TREE_SECRET = "", HOST = "" } = process.env;
const asks = new AskCounter(OTEL_ERROR_TREE_SECRET);
const { parts, sdk: started, diagnostics } = startTelemetry();
/** The service imports this to shut it down. */
export const sdk: NodeSDK = started;
const agent = new PeerAgent(HOST);
http.globalAgent = agent;

onAsk({
  async words({ peers }: { readonly peers?: Peers }): Promise<Words> {
    if (peers !== undefined) await agent.use(peers);
    return { counts: parts.counts(), diagnostics, seen: asks.seen() };
  },
});
// The service's own set-up would start a second SDK.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "./otel.ts" ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
});
