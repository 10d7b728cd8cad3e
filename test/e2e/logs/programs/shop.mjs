// Logs with every logger: a line of its own while a request is handled, and what the library says of those that failed.
import { Writable } from "node:stream";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import express from "express";
import { problemDetails } from "otel-error-tree";
import * as records from "otel-error-tree/otel-logs";
import * as forPino from "otel-error-tree/pino";
import * as forWinston from "otel-error-tree/winston";
import pino from "pino";
import winston from "winston";

const lines = { pino: [], winston: [] };
const exporter = new InMemoryLogRecordExporter();
// A provider of its own: the SDK of `register` exports no logs here.
const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });

const pinoLog = pino({ base: null, mixin: forPino.traceIds }, { write: (line) => lines.pino.push(line) });
const stream = new Writable({
  write(line, _encoding, done) {
    lines.winston.push(String(line));
    done();
  },
});
const winstonLog = winston.createLogger({
  format: winston.format.combine(forWinston.traceIds(), winston.format.json()),
  transports: [new winston.transports.Stream({ stream })],
});
const otelLog = provider.getLogger("shop");

// A logger that throws does no harm to those behind it, or to the request.
forPino.logFailures({
  error() {
    throw new Error("the disk is full");
  },
});
forPino.logFailures(pinoLog);
forWinston.logFailures(winstonLog);
records.logFailures(otelLog);

function pay(card) {
  throw new RangeError(`the card ${card} was declined`);
}

const app = express();
app.get("/cart/:id", (request) => {
  pinoLog.info("paying");
  winstonLog.info("paying");
  otelLog.emit({ severityNumber: 9, severityText: "INFO", body: "paying" });
  pay(`password=${request.params.id}`);
});
app.use((error, _request, response, _next) => {
  const problem = problemDetails(error);
  response.status(problem.status).type("application/problem+json").send(problem);
});

process.on("message", ({ id }) => {
  const said = exporter.getFinishedLogRecords().map((record) => ({
    severityText: record.severityText,
    body: record.body,
    traceId: record.spanContext?.traceId,
    spanId: record.spanContext?.spanId,
    attributes: record.attributes,
  }));
  process.send({ id, result: { ...lines, otel: said } });
});
process.once("disconnect", () => process.exit());
const server = app.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
