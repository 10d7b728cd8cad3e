// The same in CommonJS.
const http = require("node:http");
const http2 = require("node:http2");
const api = require("@opentelemetry/api");
const { failRequest } = require("otel-error-tree");
const { startHttp2 } = require("./transports.cjs");

startHttp2({ http2, api, http, failRequest });
