// A service on plain node:http that calls what `to` names, in the way that the path names, and answers with `status`.
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { failRequest } from "otel-error-tree";
import { tell } from "../../../support/process/in-child.ts";
import { queryOf, serveTraced } from "../../../support/services-program.ts";

/** Longer than a call needs to get through to a callee that never answers. */
const PATIENCE_MS = 50;

type Way = (to: string, response: ServerResponse, query: URLSearchParams) => unknown;

async function get(to: string, options: http.RequestOptions = {}): Promise<IncomingMessage> {
  const [response] = await once(http.get(to, options), "response");
  return response;
}

class QuotaExceeded extends Error {
  override readonly name = "QuotaExceeded";
}

/** What a service does before it answers. A call that breaks rejects; the answer is the same. */
const WAYS: Readonly<Record<string, Way>> = {
  "/http/read": async (to) => text(await get(to)),
  "/http/socket-timeout": async (to) => {
    const request = http.get(to, { timeout: PATIENCE_MS });
    request.on("timeout", () => request.destroy());
    await once(request, "response");
  },
  "/http/drop": async (to) => {
    const response = await get(to);
    response.once("data", () => response.destroy());
    await once(response, "close");
  },
  // Answers in the first event that a broken body causes, before the client span has ended.
  "/http/aborted-event": async (to) => {
    const response = await get(to);
    response.on("error", () => undefined).resume();
    await once(response, "aborted");
  },
  "/fetch/read": async (to) => (await fetch(to)).text(),
  "/fetch/abort-body": async (to) => {
    const controller = new AbortController();
    const response = await fetch(to, { signal: controller.signal });
    controller.abort();
    await response.text();
  },
  "/fail-request": () => failRequest(new QuotaExceeded("no more than 10 a day"), "aborted"),
  // Never answers by itself; the test's client goes away.
  "/abandon": async (to, response, query) => {
    if (to !== "") await text(await get(to));
    tell({ waiting: true });
    await once(response, "close");
    tell({ left: true });
    if (query.get("then") === "nothing") await new Promise(() => undefined);
  },
  // The test's client goes away while the call is on its way.
  "/abandon-working": async (to, response) => {
    const call = get(to);
    response.on("close", () => tell({ left: true }));
    await text(await call);
  },
};

serveTraced(async (request, response) => {
  const { path, query } = queryOf(request);
  try {
    await WAYS[path]?.(query.get("to") ?? "", response, query);
  } catch {
    // The answer below tells the caller.
  }
  response.statusCode = Number(query.get("status") ?? 200);
  response.end();
});
