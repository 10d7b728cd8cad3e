// The tracing file of a service that is set up by hand.
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { withErrorTree } from "otel-error-tree";

const instrumentations = [new HttpInstrumentation(), new UndiciInstrumentation()];
new NodeSDK(withErrorTree({ instrumentations }, { trust: "loopback" })).start();
