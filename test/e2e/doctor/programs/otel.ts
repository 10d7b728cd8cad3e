// OpenTelemetry for a service that the doctor examines: what is trusted is the environment's to say.
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { withErrorTree } from "otel-error-tree";
import { startNodeSdk } from "../../../support/start-sdk.ts";

// A clock that is wrong for the whole program, but for the date of its responses, which node takes elsewhere.
const aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? "0");
const { now } = Date;
Date.now = () => now() + aheadMs;

// How a service is instrumented, for those that are set up wrongly.
const INSTRUMENTATIONS = {
  once: () => [new HttpInstrumentation(), new UndiciInstrumentation()],
  "without undici": () => [new HttpInstrumentation()],
  twice: () => [...INSTRUMENTATIONS.once(), ...INSTRUMENTATIONS.once()],
} as const;
const how = process.env.INSTRUMENTED as keyof typeof INSTRUMENTATIONS | undefined;

startNodeSdk({ ...withErrorTree(), instrumentations: INSTRUMENTATIONS[how ?? "once"]() });
