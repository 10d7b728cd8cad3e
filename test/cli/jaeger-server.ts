// A server that answers as Jaeger's query API has answered, or as a test wants.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** One answer. */
export interface JaegerAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Names of the recorded answers: jaeger-answers/README.md. */
export type Recorded =
  | "operation"
  | "operation-unknown"
  | "page"
  | "refused"
  | "search-failing"
  | "search-nothing"
  | "services"
  | "trace-failing"
  | "trace-good"
  | "trace-unknown";

/** What Jaeger said. */
export function recorded(name: Recorded): JaegerAnswer {
  const text = readFileSync(new URL(`jaeger-answers/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text) as JaegerAnswer;
}

/** An answer with that body. */
export function json(body: unknown, status = 200): JaegerAnswer {
  return { status, contentType: "application/json", body: JSON.stringify(body) };
}

/** Ids of the recorded traces. */
export const FAILING: string = traceIdIn("trace-failing");
export const GOOD: string = traceIdIn("trace-good");

function traceIdIn(name: Recorded): string {
  return /"traceId":"([0-9a-f]{32})"/.exec(recorded(name).body)?.[1] ?? "";
}

/** The recorded Jaeger. */
export function recordedAnswer({ pathname, searchParams }: URL): JaegerAnswer {
  if (pathname === "/api/v3/services") return recorded("services");
  if (pathname === "/api/traces") {
    const isKnown = searchParams.get("service") === "root" && /"failed"/.test(searchParams.get("tags") ?? "");
    return recorded(isKnown ? "search-failing" : "search-nothing");
  }
  if (pathname === "/api/v3/traces") {
    const isKnown = searchParams.get("query.operation_name") === "GET";
    return recorded(isKnown ? "operation" : "operation-unknown");
  }
  if (pathname === `/api/v3/traces/${FAILING}`) return recorded("trace-failing");
  if (pathname === `/api/v3/traces/${GOOD}`) return recorded("trace-good");
  return pathname.startsWith("/api/v3/traces/") ? recorded("trace-unknown") : recorded("page");
}

/** A running server. */
export interface JaegerServer {
  readonly url: string;
  readonly requests: readonly { readonly url: URL; readonly headers: http.IncomingHttpHeaders }[];
}

/** Starts one; `undefined` as an answer: none comes. */
export async function startJaegerServer(
  answerTo: (url: URL) => JaegerAnswer | undefined = recordedAnswer,
): Promise<JaegerServer> {
  const requests: { url: URL; headers: http.IncomingHttpHeaders }[] = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://jaeger");
    requests.push({ url, headers: request.headers });
    const answer = answerTo(url);
    if (answer === undefined) return;
    response.writeHead(answer.status, { "content-type": answer.contentType });
    response.end(answer.body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
