// The same in CommonJS.
const http = require("node:http");
const grpc = require("@grpc/grpc-js");
const { failRequest } = require("otel-error-tree");
const { startGrpc } = require("./transports.cjs");

startGrpc({ grpc, http, failRequest });
