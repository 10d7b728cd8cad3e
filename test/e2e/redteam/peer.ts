// Whoever is no service of ours: takes requests byte by byte and keeps their heads, answers with lies, and sends what it likes.
import { once } from "node:events";
import http2 from "node:http2";
import net, { type AddressInfo, type Socket } from "node:net";
import tls from "node:tls";
import { endWithParent, onAsk, tell } from "../../support/process/in-child.ts";
import { CERTIFICATE, KEY } from "../timeouts/certificate.ts";
import type { Exchanged, Head, Lie, Sent } from "./peer-orders.ts";
import { treeValue } from "./peer-trees.ts";

const FIELD = "x-error-tree";
/** What a liar says: something went wrong that its caller must not believe, and it is exported. */
const DEFAULT_LIE: Lie = { status: 200, value: 'data-loss;id="ID";s="evil";e;o=7' };
const ID = /\bid="([0-9a-f]{16})"/;
const TRACEPARENT = /^traceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-/im;

const heads: Head[] = [];
let lie = DEFAULT_LIE;

function serve(socket: Socket): void {
  let received = "";
  let tunnel: string | undefined;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    for (let end = received.indexOf("\r\n\r\n"); end >= 0; end = received.indexOf("\r\n\r\n")) {
      const text = received.slice(0, end + 2);
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
      if (received.length < end + 4 + length) return;
      received = received.slice(end + 4 + length);
      const [method = "", target = ""] = text.split(" ", 2);
      heads.push({
        text,
        target,
        at: socket.localAddress ?? "unix",
        ...(tunnel === undefined ? {} : { tunnel }),
      });
      if (method === "CONNECT") {
        tunnel = target;
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      } else setTimeout(answer, lie.delayMs ?? 0, socket, text, target);
    }
  });
}

/** Redirects where the target says so, else lies. */
function answer(socket: Socket, text: string, target: string): void {
  const to = /[?&]redirect=([^&]*)/.exec(target)?.[1];
  if (to !== undefined) {
    socket.end(
      `HTTP/1.1 302 Found\r\nlocation: ${decodeURIComponent(to)}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
    );
    return;
  }
  const [, traceId = "", spanId = ""] = TRACEPARENT.exec(text) ?? [];
  const id = ID.exec(text)?.[1] ?? spanId;
  const { status, value, more = [], trailer, upgrade = false, nodes } = lie;
  const asked = nodes === undefined ? value.replace("ID", id) : treeValue(nodes, id);
  if (upgrade) {
    // Nobody answers who was not asked.
    const field = ID.test(text) ? `${FIELD}: ${asked}\r\n${more.join("")}` : "";
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: thing\r\n${field}\r\n`);
    return;
  }
  if (lie.hints) socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n${FIELD}: ${asked}\r\n\r\n`);
  const head = [
    `HTTP/1.1 ${status} Said`,
    "connection: close",
    ...more.map((line) => line.trim().replace("ID", id).replace("TRACE", traceId)),
  ];
  if (value !== "") head.push(`${FIELD}: ${asked}`);
  const body = "said";
  if (trailer === undefined) {
    socket.end(`${[...head, `content-length: ${body.length}`].join("\r\n")}\r\n\r\n${body}`);
    return;
  }
  const chunked = `${[...head, "transfer-encoding: chunked"].join("\r\n")}\r\n\r\n4\r\n${body}\r\n0\r\n`;
  socket.end(`${chunked}${FIELD}: ${trailer.replace("ID", id)}\r\n\r\n`);
}

async function listen({
  host,
  path,
  secure = false,
}: {
  host?: string;
  path?: string;
  secure?: boolean;
}): Promise<number> {
  const server = secure ? tls.createServer({ key: KEY, cert: CERTIFICATE }, serve) : net.createServer(serve);
  await once(path === undefined ? server.listen(0, host) : server.listen(path), "listening");
  return (server.address() as AddressInfo).port;
}

/** Sends bytes, and gives all that comes back until the other side has said it all or closes. */
async function send({ port, host = "127.0.0.1", from, bytes, then = [] }: Sent): Promise<Exchanged> {
  const socket = net.connect({ port, host, ...(from === undefined ? {} : { localAddress: from }) });
  let got = "";
  let broke = "";
  socket.on("error", (error) => {
    broke = error.message;
  });
  socket.on("data", (chunk) => {
    got += chunk.toString("latin1");
    const next = then[0];
    if (next !== undefined && got.includes(next.after)) {
      then = then.slice(1);
      socket.write(next.bytes, "latin1");
    }
  });
  socket.write(bytes, "latin1");
  if (!socket.closed) await once(socket, "close").catch(() => {});
  return { got, broke };
}

async function http2Get({
  port,
  headers,
}: {
  port: number;
  headers: Record<string, string>;
}): Promise<object> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const stream = session.request(headers);
  const seen: object[] = [];
  let body = "";
  stream.on("response", (fields) => seen.push({ ...fields }));
  stream.on("trailers", (fields) => seen.push({ ...fields }));
  stream.on("data", (chunk) => {
    body += chunk;
  });
  stream.end();
  await once(stream, "close");
  session.close();
  return { seen, body };
}

onAsk({
  listen,
  send,
  http2Get,
  take: () => heads.splice(0),
  lie: (next: Partial<Lie>) => {
    lie = { ...DEFAULT_LIE, ...next };
  },
});
endWithParent();
tell({ ready: true });
