// A shop that asks its bank through RabbitMQ, as an ES module without a set-up of its own.
import http from "node:http";
import amqplib from "amqplib";
import * as library from "otel-error-tree";
import { startQueue } from "./transports.cjs";

await startQueue({ amqplib, library, http, failRequest: library.failRequest });
