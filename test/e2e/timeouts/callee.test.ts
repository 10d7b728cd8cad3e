// The callee whose caller left while it was at work, and the one whose caller only seemed to.
import { once } from "node:events";
import net, { type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ask,
  attributesOf,
  countsOf,
  exportedSpans,
  type Service,
  type Sketch,
  sketchOf,
  startService,
} from "../../support/services.ts";
import { closedPort } from "../../support/sockets.ts";
import { Backend } from "./backend.ts";

const CALLEE = new URL("./programs/callee.ts", import.meta.url);
const CALLER = new URL("./programs/caller.ts", import.meta.url);
const ENV = { PARTS: "by-hand", OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity" };

let backend: Backend;
let orders: Service;
let stock: Service;
let patient: Service;
let refused: string;

beforeAll(async () => {
  backend = await Backend.start();
  const { receiver } = backend;
  refused = `http://127.0.0.1:${await closedPort()}`;
  [orders, stock, patient] = await Promise.all([
    startService(CALLER, { name: "orders", receiver, env: ENV }),
    startService(CALLEE, { name: "stock", receiver, env: ENV }),
    startService(CALLEE, { name: "patient", receiver, env: { ...ENV, HALF_OPEN: "yes" } }),
  ]);
});

afterAll(async () => {
  expect(await Promise.all([orders.stop(), stock.stop(), patient.stop()])).toEqual(["", "", ""]);
  await backend.receiver.close();
});

async function connected(service: Service): Promise<Socket> {
  const socket = net.connect(service.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: stock\r\n\r\n`;
}

/** Sends requests in one piece; the trace of each, as soon as the service is at work on all of them. */
async function send(service: Service, socket: Socket, ...paths: string[]): Promise<string[]> {
  // What it told while nobody listened comes first.
  await countsOf(service);
  const urls = paths.map((path, i) => `${path}${path.includes("?") ? "&" : "?"}place=${i}`);
  const arrived = urls.map((url) => service.told(`arrived ${url}`) as Promise<string>);
  socket.write(urls.map(get).join(""));
  return await Promise.all(arrived);
}

/** The text of a tree that a service exported. */
async function exportedText(service: string, traceId: string | undefined): Promise<string> {
  const spans = await exportedSpans(backend.receiver, traceId ?? "", [service]);
  const texts = spans
    .map((span) => attributesOf(span)["error_tree.text"])
    .filter((text) => text !== undefined);
  return String(texts[0]);
}

/** How many requests a service has exported so far. */
async function exportedBy(service: Service): Promise<number> {
  return (await countsOf(service)).fragments_exported ?? 0;
}

const ABANDONED = "rejected: stock GET cancelled  [abandoned by its caller]  <- root cause";

describe("a callee at work whose caller leaves", () => {
  test.each([
    ["closes the connection", (socket: Socket) => socket.destroy()],
    ["resets the connection", (socket: Socket) => socket.resetAndDestroy()],
    ["ends its side, which node takes for leaving", (socket: Socket) => socket.end()],
  ])("is abandoned: the caller %s", async (_, leave) => {
    const socket = await connected(stock);
    const [traceId] = await send(stock, socket, "/slow");
    leave(socket);
    expect(await exportedText("stock", traceId)).toBe(ABANDONED);
    stock.tell("go on");
  });

  test("is abandoned on a connection that was kept alive, and the request before is not", async () => {
    const socket = await connected(stock);
    const [first] = await send(stock, socket, "/fine");
    await once(socket, "data");
    const [second] = await send(stock, socket, "/slow");
    socket.destroy();
    expect(await exportedText("stock", second)).toBe(ABANDONED);
    expect(backend.receiver.spansOf(first as string)).toEqual([]);
    stock.tell("go on");
  });

  test("is abandoned with every request that waits in line behind a slow one", async () => {
    const socket = await connected(stock);
    const [slow, behind, fine] = await send(stock, socket, "/slow", "/slow", "/fine");
    socket.destroy();
    for (const traceId of [slow, behind]) expect(await exportedText("stock", traceId)).toBe(ABANDONED);
    // This one's work was done.
    expect(backend.receiver.spansOf(fine as string)).toEqual([]);
    stock.tell("go on");
  });

  test("has failed if it had failed before the caller left", async () => {
    const socket = await connected(stock);
    const failed = stock.told("failed");
    const [traceId] = await send(stock, socket, `/failing?to=${refused}`);
    await failed;
    socket.destroy();
    const [root, leaf] = (await exportedText("stock", traceId)).split("\n");
    expect(root).toBe(
      "failed: stock GET cancelled  [drift unavailable -> cancelled, abandoned by its caller]",
    );
    expect(leaf).toMatch(/unavailable: ECONNREFUSED.*<- root cause/);
    stock.tell("go on");
  });

  test("in the midst of a body is abandoned, and nothing to export", async () => {
    const before = await exportedBy(stock);
    const socket = await connected(stock);
    await send(stock, socket, "/streams");
    const closed = stock.told("closed");
    await once(socket, "data");
    socket.destroy();
    expect(await closed).toBe("unfinished");
    stock.tell("go on");
    expect(await exportedBy(stock)).toBe(before);
  });

  test("is a proxy's callee: the proxy leaves, and answers for it", async () => {
    await countsOf(stock);
    const proxy = net.createServer((socket) => {
      const upstream = net.connect(stock.port, "127.0.0.1");
      socket.pipe(upstream);
      for (const one of [socket, upstream]) one.on("error", () => undefined);
      void stock.told("arrived").then(() => {
        upstream.destroy();
        socket.end("HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      });
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    const { port } = proxy.address() as net.AddressInfo;
    const to = `http://127.0.0.1:${port}/slow`;
    const answer = await ask(orders, `/http?${new URLSearchParams({ to })}`);
    const late: Sketch = {
      service: "orders",
      operation: "GET",
      code: "deadline-exceeded",
      peer: "127.0.0.1",
    };
    const root: Sketch = { service: "orders", operation: "GET", code: "unavailable" };
    expect(sketchOf(answer)).toEqual({ ...root, children: [{ ...late, opaque: true }] });
    await exportedSpans(backend.receiver, answer.traceId, ["orders", "stock"]);
    const callee: Sketch = { service: "stock", operation: "GET", code: "cancelled", abandoned: true };
    expect(await backend.trees(answer.traceId)).toEqual([
      { ...root, children: [{ ...late, children: [callee] }] },
    ]);
    stock.tell("go on");
    await once(proxy.close(), "close");
  });
});

describe("a callee whose caller stays", () => {
  test("goes on answering a caller that has closed its own side, if the server allows for that", async () => {
    const before = await exportedBy(patient);
    const socket = await connected(patient);
    await send(patient, socket, "/slow");
    const closed = patient.told("closed");
    socket.end();
    await countsOf(patient);
    patient.tell("go on");
    expect(await closed).toBe("finished");
    expect(await exportedBy(patient)).toBe(before);
  });

  test("and that drops the answer by itself is broken, not abandoned", async () => {
    for (const service of [stock, patient]) {
      const socket = await connected(service);
      const [traceId] = await send(service, socket, "/drops");
      if (service === patient) socket.end();
      await countsOf(service);
      service.tell("drop it");
      const name = service === stock ? "stock" : "patient";
      expect(await exportedText(name, traceId)).toBe(`failed: ${name} GET data-loss  <- root cause`);
    }
  });

  test("and that hands on the error of another connection is broken, not abandoned", async () => {
    const socket = await connected(stock);
    const [traceId] = await send(stock, socket, "/hands-on");
    expect(await exportedText("stock", traceId)).toBe("failed: stock GET data-loss  <- root cause");
  });
});
