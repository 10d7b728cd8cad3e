// An upgrade, a tunnel and a stream of HTTP/2 get no answer; their programs find no ask that they could hand on.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import http2 from "node:http2";
import net, { type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { expect, onTestFinished, test } from "vitest";
import { setUp } from "../support/sdk-setup.ts";

const ASK = 'v=1, id="00f067aa0ba902b7", from="x", k="k1:c29tZSB0b2tlbg"';

async function portOf(server: net.Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.each([
  ["an upgrade", "upgrade", "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: thing"],
  ["a tunnel", "connect", "CONNECT b:80 HTTP/1.1\r\nhost: a"],
])("%s is whole but for the ask", async (_, event, head) => {
  setUp("createErrorTree", { sampler: new AlwaysOffSampler() });
  const server = http.createServer();
  const seen: unknown[] = [];
  server.on(event, ({ headers, rawHeaders }: IncomingMessage, socket: Duplex) => {
    seen.push({ ...headers }, [...rawHeaders]);
    socket.end();
  });
  const socket = net.connect(await portOf(server), "127.0.0.1");
  socket.end(`${head}\r\nX-Error-Tree: ${ASK}\r\nx-other: kept\r\n\r\n`);
  await once(socket.resume(), "close");
  expect(seen).toHaveLength(2);
  expect(seen[0]).toMatchObject({ host: "a", "x-other": "kept" });
  expect(seen[1]).toEqual(expect.arrayContaining(["X-Error-Tree", "", "x-other", "kept"]));
  expect(JSON.stringify(seen)).not.toContain("k1:");
});

test("a stream of HTTP/2 is whole but for the ask, for the compatible program and for the other", async () => {
  setUp("createErrorTree", { sampler: new AlwaysOffSampler() });
  const seen: unknown[] = [];
  const server = http2.createServer(({ headers, rawHeaders }, response) => {
    seen.push({ ...headers }, [...rawHeaders]);
    response.end();
  });
  server.on("stream", (_stream, headers, _flags, rawHeaders) => seen.push({ ...headers }, [...rawHeaders]));
  const session = http2.connect(`http://127.0.0.1:${await portOf(server)}`);
  for (const turn of ["1", "2"]) {
    const stream = session.request({ ":path": "/", "x-error-tree": ASK, "x-other": turn });
    await once(stream.resume(), "close");
  }
  session.close();
  expect(seen).toHaveLength(8);
  expect(JSON.stringify(seen)).not.toContain("k1:");
  expect(seen[0]).toMatchObject({ "x-other": "1" });
  expect(seen[4]).toMatchObject({ "x-other": "2" });
});
