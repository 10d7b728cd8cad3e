// Sets the SDK up, in CommonJS.
const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
const { NodeSDK } = require("@opentelemetry/sdk-node");
const { withErrorTree } = require("otel-error-tree");

const config = { instrumentations: [new HttpInstrumentation()] };
exports.sdk = new NodeSDK(withErrorTree(config, { trust: "loopback" }));
exports.sdk.start();
// Webpack loads it with the first module of the bundle that imports it: before there was an instrumentation to patch it.
process.getBuiltinModule("node:http");
