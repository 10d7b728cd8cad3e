// Sets the SDK up, in CommonJS.
const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
const { NodeSDK } = require("@opentelemetry/sdk-node");
const { withErrorTree } = require("otel-error-tree");

const config = { instrumentations: [new HttpInstrumentation()] };
exports.sdk = new NodeSDK(withErrorTree(config, { trust: "loopback" }));
exports.sdk.start();
