// Prints one error in every way that programs do: to the console, by pino, by winston, and as an event of Sentry.
import { Writable } from "node:stream";
import { inspect } from "node:util";
import * as Sentry from "@sentry/node";
import pino from "pino";
import winston from "winston";

const events = [];
Sentry.init({
  dsn: "https://key@sentry.invalid/1",
  transport: () => ({ send: async () => ({}), flush: async () => true }),
  beforeSend: (event) => {
    events.push(event);
    return event;
  },
});

export async function prints(error) {
  Sentry.captureException(error);
  await Sentry.flush();
  const { values } = events.pop().exception;
  return { console: inspect(error), pino: byPino(error), winston: byWinston(error), sentry: values };
}

function byPino(error) {
  const lines = [];
  pino({}, { write: (line) => lines.push(line) }).error(error, "no cart");
  return JSON.parse(lines[0]);
}

function byWinston(error) {
  const lines = [];
  const stream = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  winston
    .createLogger({
      format: winston.format.combine(
        winston.format.errors({ stack: true, cause: true }),
        winston.format.json(),
      ),
      transports: [new winston.transports.Stream({ stream })],
    })
    .error(error);
  return JSON.parse(lines[0]);
}
