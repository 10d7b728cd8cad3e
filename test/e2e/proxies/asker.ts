// A service before the proxies: its client spans write the asks, and its collector reads the answers.
import { trace } from "@opentelemetry/api";
import { activeErrorTree, type ErrorTree, type ErrorTreeParts } from "otel-error-tree";
import { endWithParent, onAsk, tell } from "../../support/process/in-child.ts";
import { ASKER } from "./plan.ts";
import { type Received, receiveByFetch, receiveByHttp } from "./receive.ts";
import { startTelemetry } from "./telemetry.ts";

export type Client = "http" | "fetch";

/** One request that the asker sends, in a trace of its own. */
export interface Errand {
  readonly url: string;
  readonly client: Client;
}

/** What came back on an errand. */
export interface Asked extends Received {
  readonly traceId: string;
  /** The error tree of the asker's own request: what it called stands beneath the root. */
  readonly tree: ErrorTree | undefined;
}

export type Counts = ReturnType<ErrorTreeParts["counts"]>;

const parts = startTelemetry(ASKER);
onAsk({
  run: ({ errands }: { readonly errands: readonly Errand[] }) => Promise.all(errands.map(run)),
  counts: () => parts.counts(),
});
endWithParent();
tell({ ready: true });

function run({ url, client }: Errand): Promise<Asked> {
  return trace.getTracer(ASKER).startActiveSpan("errand", async (span) => {
    const received = await (client === "http" ? receiveByHttp(url) : receiveByFetch(url));
    const tree = activeErrorTree();
    const { traceId } = span.spanContext();
    span.end();
    return { ...received, traceId, tree };
  });
}
