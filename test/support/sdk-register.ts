// OpenTelemetry for a service in a process of its own: `node --import ./sdk-register.ts program.ts`.
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { withErrorTree } from "otel-error-tree";
import { startNodeSdk } from "./start-sdk.ts";

startNodeSdk(withErrorTree({ sampler: new AlwaysOffSampler() }, { trust: "loopback", headerBytes: 2048 }));
