// The same in CommonJS.
const http = require("node:http");
const amqplib = require("amqplib");
const library = require("otel-error-tree");
const { startQueue } = require("./transports.cjs");

startQueue({ amqplib, library, http, failRequest: library.failRequest });
