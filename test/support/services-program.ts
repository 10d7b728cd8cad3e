// What every program of a service under test does: listen, and tell the test about it.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { trace } from "@opentelemetry/api";

/** Serves on a free port, and tells the trace of every request, so that a test finds what was exported. */
export function serve(listener: http.RequestListener): void {
  listen(
    http.createServer((request, response) => {
      tell({ traceId: trace.getActiveSpan()?.spanContext().traceId });
      listener(request, response);
    }),
  );
}

/** Listens on a free port and tells it. */
export function listen(server: http.Server): void {
  server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
}

/** Says something to the test that started this program. */
export function tell(message: Record<string, unknown>): void {
  process.send?.(message);
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
