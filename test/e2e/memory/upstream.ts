// A service that nothing instruments, beneath the measured ones: answers badly in every way that a path can name.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { END } from "./mix.ts";

const BODY = `ok${END}`;
const LARGE_BYTES = 64 * 1024;
const UNREAD_MS = 150;
const HEAD_END = "\r\n\r\n";

/** What is sent, by path; a path that is not here is never answered. */
const ANSWERS: Readonly<Record<string, (socket: Socket) => void>> = {
  "/plain": (socket) => socket.write(response([])),
  "/foreign": (socket) => socket.write(response(['x-error-tree: ok;id="00f067aa0ba902b7";s="cache"'])),
  "/malformed": (socket) => socket.write(response(["x-error-tree: :::;v="])),
  "/large": (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${10 * LARGE_BYTES}\r\n\r\n${"x".repeat(LARGE_BYTES)}`);
    // Nobody reads it: without an end it would be the program that leaks, whatever observes it.
    setTimeout(() => socket.destroy(), UNREAD_MS);
  },
  "/broken": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf of it");
    setImmediate(() => socket.resetAndDestroy());
  },
};

/** Listens on a free port of the loopback; resolves with the port and the stop. */
export async function startUpstream(): Promise<{ readonly port: number; stop(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let text = "";
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (!text.includes(HEAD_END)) return;
      const path = text.split(" ", 2)[1] ?? "";
      text = text.slice(text.indexOf(HEAD_END) + HEAD_END.length);
      ANSWERS[path]?.(socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function response(fields: readonly string[]): string {
  const lines = [`content-length: ${BODY.length}`, ...fields];
  return `HTTP/1.1 200 OK\r\n${lines.join("\r\n")}${HEAD_END}${BODY}`;
}
