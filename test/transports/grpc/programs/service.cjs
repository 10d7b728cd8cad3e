// The same service as CommonJS.
const http = require("node:http");
const grpc = require("@grpc/grpc-js");

import("./service.js").then(({ start }) => start(grpc, http));
