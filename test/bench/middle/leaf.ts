// The leaf: answers every call at once, and, where it is asked for its error tree, as a service that takes part.
import net from "node:net";
import { MessageReader } from "./exchange.ts";

const BODY = JSON.stringify({ order: 17, state: "shipped", lines: [{ article: "A-100", quantity: 2 }] });
const HEAD = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n`;
const ASK = 'x-error-tree: v=1, id="';

/** A server on the bare socket, listening on any free port. */
export function createLeaf(): net.Server {
  return net.createServer({ noDelay: true }, (socket) => {
    const reader = new MessageReader();
    socket.setEncoding("latin1");
    // A measured process that was stopped may reset its connections.
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: string) => {
      const request = reader.read(chunk);
      if (request !== undefined) socket.write(`${HEAD}${answerTo(request)}\r\n${BODY}`);
    });
  });
}

/** The answer's field for a request that carries an ask; it repeats the ask's id. */
function answerTo(request: string): string {
  const at = request.indexOf(ASK);
  if (at < 0) return "";
  const id = request.slice(at + ASK.length, at + ASK.length + 16);
  return `x-error-tree: ok;id="${id}";s="leaf"\r\n`;
}
