// One service of the lab, a process of its own: plain `node:http`, told by environment variables what to do.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { failRequest } from "otel-error-tree";
import { type Account, type CallAccount, openAccounts } from "./account.ts";
import { chanceOf } from "./chance.ts";
import { type FailureCode, httpStatusOf } from "./code.ts";
import { callDownstreams, hasFailed } from "./downstream.ts";
import { sdk } from "./otel.ts";
import { type RequestContext, readRequestContext } from "./request-context.ts";
import { readSettings, type Settings } from "./settings.ts";

/** What the service tells its caller, and what it heard from those it called. */
type Outcome = { readonly calls: readonly CallAccount[] } & (
  | { readonly code: FailureCode; readonly error: Error }
  | { readonly code: "ok"; readonly error?: undefined }
);

const settings = readSettingsOrExit();
const writeAccount = settings.observerLog === undefined ? undefined : openAccounts(settings.observerLog);
const server = http.createServer((request, response) => void answer(request, response));

server.once("error", (error: NodeJS.ErrnoException) => {
  const { host, port } = settings;
  exitWith(error.code === "EADDRINUSE" ? `port ${port} on ${host} is already in use` : error.message);
});
server.listen(settings.port, settings.host, () => {
  // The parent may have gone while this process was still starting.
  if (process.connected === false) return void stop();
  process.send?.({ listening: (server.address() as AddressInfo).port });
});
process.once("SIGTERM", stop);
process.once("disconnect", stop);
// Ctrl-C reaches the whole group of processes: in the lab it is the parent that stops its services.
process.on("SIGINT", () => {
  if (!process.connected) stop();
});

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
    return { code: errorType, error: new Error(`an error occurred in service ${name}`), calls: [] };
  }
  const results = await callDownstreams(settings, context);
  const calls = results.flat();
  const code = results.find(hasFailed)?.at(-1)?.code ?? "ok";
  if (code === "ok" || forcePass || context.passes(name)) return { code: "ok", calls };
  const error = new Error(`an upstream dependency failed in service ${name}`);
  return { code: forceErrorMapping ?? code, error, calls };
}

function failsByItself(context: RequestContext): boolean {
  const { name, shouldFail, failRate, seed } = settings;
  if (context.bypass) return false;
  return shouldFail || (failRate > 0 && chanceOf(seed, name, context.requestId, context.call) < failRate);
}

/** Tells OpenTelemetry by its own API why the request failed; the HTTP status says the rest. */
function reportFailure({ code, error }: Outcome): void {
  if (error === undefined) return;
  if (httpStatusOf(code) === 200) {
    // A failure that looks well from outside: this the library has to be told.
    failRequest(error, code);
    return;
  }
  const span = trace.getActiveSpan();
  span?.recordException(error);
  span?.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

function accountOf({ requestId, call }: RequestContext, { code, error, calls }: Outcome): Account {
  const message = error === undefined ? {} : { message: error.message };
  return { requestId, call, service: settings.name, code, ...message, calls };
}

function bodyOf({ code, error }: Outcome): object {
  const traceId = trace.getActiveSpan()?.spanContext().traceId;
  return { service: settings.name, code, message: error?.message, trace: traceId };
}

function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    return exitWith((error as Error).message);
  }
}

/** Lets the requests in flight finish, exports those that failed, and ends. */
async function stop(): Promise<void> {
  if (process.connected) process.disconnect();
  server.prependListener("request", (_, response) => response.setHeader("Connection", "close"));
  server.keepAliveTimeout = 100;
  await Promise.race([once(server.close(), "close"), setTimeout(10_000)]);
  await sdk.shutdown().catch(console.error);
  process.exit();
}

function exitWith(message: string): never {
  process.stderr.write(`${process.env.SERVICE_NAME ?? "service"}: ${message}\n`);
  process.exit(1);
}
