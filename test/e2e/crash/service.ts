// A service that dies in the way that the path of a request names.
import { once } from "node:events";
import http, { type ServerResponse } from "node:http";
import { DiagLogLevel } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { withErrorTree } from "../../support/limited-set-up.ts";
import { endWithParent, onAsk } from "../../support/process/in-child.ts";
import { serve } from "../../support/process/serve.ts";
import { keepDiagnostics, startNodeSdk } from "../../support/start-sdk.ts";

/** Nobody listens on the port of `discard`. */
const NOBODY = "http://127.0.0.1:9/";

const diagnostics = keepDiagnostics(DiagLogLevel.WARN);
const sdk = startNodeSdk(
  withErrorTree({ sampler: new AlwaysOffSampler(), traceExporter: new OTLPTraceExporter() }),
);

type Way = (response: ServerResponse) => Promise<void> | void;

const WAYS: Readonly<Record<string, Way>> = {
  "/well": (response) => void response.end("well"),
  "/fails": (response) => fail(response),
  "/hangs-after-failure": failBeneath,
  "/throws": async () => {
    await failBeneath();
    setTimeout(() => {
      throw new RangeError("thrown in a timer");
    });
  },
  "/rejects": async () => {
    await failBeneath();
    throw new RangeError("rejected");
  },
  "/handler-exits": async (response) => {
    process.once("uncaughtException", () => process.exit(7));
    await WAYS["/throws"]?.(response);
  },
  "/handler-goes-on": async (response) => {
    process.once("uncaughtException", () => fail(response));
    await WAYS["/throws"]?.(response);
  },
  "/listeners-throw": async (response) => {
    process.on("exit", () => {
      throw new Error("from a listener of the program");
    });
    await WAYS["/throws"]?.(response);
  },
  "/exits": async () => {
    await failBeneath();
    process.exit(3);
  },
  "/exits-well": (response) => {
    response.end("well", () => process.exit(0));
  },
  "/exits-when-sent": (response) => {
    response.once("finish", () => process.exit(4));
    return fail(response);
  },
  "/exits-when-closed": (response) => {
    response.once("close", () => setImmediate(() => process.exit(5)));
    return fail(response);
  },
  // In the middle of the export.
  "/exits-soon": (response) => {
    response.once("close", () => setTimeout(() => process.exit(8), 16));
    return fail(response);
  },
  "/exits-later": (response) => {
    setTimeout(() => process.exit(6), 1_000);
    return fail(response);
  },
  "/aborts": async () => {
    await failBeneath();
    process.abort();
  },
};

endWithParent();
onAsk({ shutdown: () => sdk.shutdown(), diagnostics: () => diagnostics });
serve(
  http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://service");
    await WAYS[pathname]?.(response);
  }),
);

async function fail(response: ServerResponse): Promise<void> {
  await failBeneath();
  response.writeHead(500).end("failed");
}

/** A call that is refused. */
async function failBeneath(): Promise<void> {
  await once(http.get(NOBODY), "close").catch(() => {});
}
