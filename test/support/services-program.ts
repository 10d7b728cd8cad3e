// What every program of a service under test does: listen, and tell the test about it.
import { once } from "node:events";
import http from "node:http";
import { text } from "node:stream/consumers";
import { trace } from "@opentelemetry/api";
import { tell } from "./process/in-child.ts";
import { serve } from "./process/serve.ts";

/** Serves, and tells the trace of every request, so that a test finds what was exported. */
export function serveTraced(listener: http.RequestListener): void {
  serve(
    http.createServer((request, response) => {
      tell({ traceId: trace.getActiveSpan()?.spanContext().traceId });
      listener(request, response);
    }),
  );
}

/** Parameters of the request's URL. */
export function queryOf(request: { readonly url?: string | undefined }): {
  path: string;
  query: URLSearchParams;
} {
  const url = new URL(request.url ?? "/", "http://service");
  return { path: url.pathname, query: url.searchParams };
}

/** An error of the program's own. */
export class OutOfStock extends Error {
  override readonly name = "OutOfStock";
}

/** Calls `to` and reads all of the answer; gives its status. */
export async function statusOf(to: string): Promise<number> {
  const [response] = (await once(http.get(to), "response")) as [http.IncomingMessage];
  await text(response);
  return response.statusCode ?? 0;
}
