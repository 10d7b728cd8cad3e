// One service of the lab, a process of its own: plain `node:http`, told by environment variables what to do.
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { failRequest } from "otel-error-tree";
import { type Account, type CallAccount, openAccounts } from "./account.ts";
import { chanceOf } from "./chance.ts";
import { type Code, hasHttpStatus, httpStatusOf } from "./code.ts";
import { callDownstreams, hasFailed } from "./downstream.ts";
import { type RequestContext, readRequestContext } from "./request-context.ts";
import { readSettings, type Settings } from "./settings.ts";

/** What the service tells its caller. */
interface Outcome {
  readonly code: Code;
  readonly message?: string;
  readonly calls: readonly CallAccount[];
}

const settings = readSettingsOrExit();
const writeAccount = settings.observerLog === undefined ? undefined : openAccounts(settings.observerLog);
const server = http.createServer((request, response) => void answer(request, response));

server.once("error", (error: NodeJS.ErrnoException) => {
  const { host, port } = settings;
  exitWith(error.code === "EADDRINUSE" ? `port ${port} on ${host} is already in use` : error.message);
});
server.listen(settings.port, settings.host, () => {
  process.send?.({ listening: (server.address() as AddressInfo).port });
});
for (const signal of ["SIGTERM", "SIGINT", "disconnect"]) process.once(signal, stop);

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const context = readRequestContext(request.headers);
  const outcome = await decide(context);
  reportFailure(outcome);
  writeAccount?.(accountOf(context, outcome));
  response.writeHead(httpStatusOf(outcome.code), { "content-type": "application/json" });
  response.end(`${JSON.stringify(bodyOf(outcome))}\n`);
}

/** Fails by itself, or because a downstream did, or not at all. */
async function decide(context: RequestContext): Promise<Outcome> {
  const { name, delayMs, errorType, forceErrorMapping, forcePass } = settings;
  if (delayMs > 0) await setTimeout(delayMs);
  if (failsByItself(context)) {
    return { code: errorType, message: `an error occurred in service ${name}`, calls: [] };
  }
  const results = await callDownstreams(settings, context);
  const calls = results.flat();
  const failure = results.find(hasFailed)?.at(-1);
  if (failure === undefined || forcePass || context.passes(name)) return { code: "ok", calls };
  const code = forceErrorMapping ?? failure.code;
  return { code, message: `an upstream dependency failed in service ${name}`, calls };
}

function failsByItself(context: RequestContext): boolean {
  const { name, shouldFail, failRate, seed } = settings;
  if (context.bypass) return false;
  return shouldFail || (failRate > 0 && chanceOf(seed, name, context.requestId, context.call) < failRate);
}

/** Tells OpenTelemetry by its own API why the request failed; the HTTP status says the rest. */
function reportFailure({ code, message }: Outcome): void {
  if (message === undefined) return;
  const error = new Error(message);
  // Some codes have no HTTP status: these the library has to be told.
  if (!hasHttpStatus(code)) return failRequest(error, code);
  const span = trace.getActiveSpan();
  span?.recordException(error);
  span?.setStatus({ code: SpanStatusCode.ERROR, message });
}

function accountOf({ requestId, call }: RequestContext, outcome: Outcome): Account {
  return { requestId, call, service: settings.name, ...outcome };
}

function bodyOf({ code, message }: Outcome): object {
  return { service: settings.name, code, message, trace: trace.getActiveSpan()?.spanContext().traceId };
}

function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    return exitWith((error as Error).message);
  }
}

/** Lets the requests in flight finish; then nothing keeps the process alive. */
function stop(): void {
  server.close();
  if (process.connected) process.disconnect();
}

function exitWith(message: string): never {
  process.stderr.write(`${process.env.SERVICE_NAME ?? "service"}: ${message}\n`);
  process.exit(1);
}
