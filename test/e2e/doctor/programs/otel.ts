// OpenTelemetry for a service that the doctor examines: what is trusted is the environment's to say.
import { withErrorTree } from "otel-error-tree";
import { startNodeSdk } from "../../../support/start-sdk.ts";

// A clock that is wrong for the whole program, but for the date of its responses, which node takes elsewhere.
const aheadMs = Number(process.env.CLOCK_AHEAD_MS ?? "0");
const { now } = Date;
Date.now = () => now() + aheadMs;

startNodeSdk(withErrorTree());
