// The same in CommonJS.
const http = require("node:http");
const { failRequest } = require("otel-error-tree");
const pg = require("pg");
const { startDatabase } = require("./transports.cjs");

startDatabase({ pg, http, failRequest });
