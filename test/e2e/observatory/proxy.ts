// A proxy in front of one service: it passes everything on, until it is told to strip what it does not know.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

/** A running proxy. */
export interface StrippingProxy {
  readonly url: string;
  /** From now on neither `traceparent` nor the ask of a request gets through. */
  strip(): void;
  close(): void;
}

/** Starts a proxy on a free port. */
export async function startProxy(to: string): Promise<StrippingProxy> {
  const { hostname, port } = new URL(to);
  const agent = new http.Agent({ keepAlive: true });
  let strips = false;
  const server = http.createServer((request, response) => {
    const { traceparent, "x-error-tree": ask, ...others } = request.headers;
    const kept = { ...(traceparent && { traceparent }), ...(ask && { "x-error-tree": ask }) };
    const { method, url: path } = request;
    // As the caller wrote it: a service is trusted by the address of who connects, and by the host that it was asked for.
    const headers = strips ? others : { ...others, ...kept };
    const onward = http.request({ hostname, port, method, path, headers, agent }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.writeHead(502).end());
    request.pipe(onward);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    strip() {
      strips = true;
    },
    close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
