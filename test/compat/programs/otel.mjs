// Sets the SDK up, in an ES module.
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { withErrorTree } from "otel-error-tree";

const config = { instrumentations: [new HttpInstrumentation()] };
export const sdk = new NodeSDK(withErrorTree(config, { trust: "loopback" }));
sdk.start();
