// HTTP byte by byte: what no client of HTTP sends or shows.
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { Duplex } from "node:stream";

/** Sends bytes from an address of this host; gives all that comes back until the other side closes. */
export async function exchange(port: number, bytes: string, localAddress = "127.0.0.1"): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes, "latin1");
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

/** A chunked body, and what comes behind its last chunk; nothing if it broke off. */
export function unchunked(text: string): { readonly body: string; readonly behind: string } {
  let body = "";
  for (let at = 0; ; ) {
    const end = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (!(size > 0)) return { body, behind: end < 0 ? "" : text.slice(end + 2) };
    body += text.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}

/** A stream to that port on this host which is no socket and has no addresses, as one through SSH. */
export function streamTo(port: number): Duplex {
  const socket = connect(port, "127.0.0.1");
  const stream = Duplex.from({ readable: socket, writable: socket });
  stream.on("error", () => {});
  return stream;
}

/** A port of the loopback on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
