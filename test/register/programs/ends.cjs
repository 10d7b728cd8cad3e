const http = require("node:http");
const { run } = require("./ways.cjs");

run(http);
