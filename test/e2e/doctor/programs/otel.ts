// OpenTelemetry for a service that the doctor examines: what is trusted is the environment's to say.
import { createRequire } from "node:module";
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { withErrorTree } from "otel-error-tree";

// A clock that is wrong for the whole program, but for the date of its responses, which node takes elsewhere.
const aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? "0");
const { now } = Date;
Date.now = () => now() + aheadMs;

const configuration = {
  serviceName: process.env.SERVICE_NAME ?? "service",
  instrumentations: [new HttpInstrumentation()],
  autoDetectResources: false,
};
new NodeSDK(withErrorTree(configuration)).start();

// The instrumentation patches what `require` loads, and the same object is the default export of `node:http`.
createRequire(import.meta.url)("node:http");
