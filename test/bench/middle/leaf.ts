// The leaf: answers every call at once, and, where it is asked for its error tree, as a service that takes part.
import net from "node:net";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import type { Answer } from "../../../src/wire/messages.ts";
import { MessageReader } from "./exchange.ts";

const BODY = JSON.stringify({ order: 17, state: "shipped", lines: [{ article: "A-100", quantity: 2 }] });
const HEAD = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n`;
const FAILED_HEAD = HEAD.replace("200 OK", "503 Service Unavailable");
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
      if (request === undefined) return;
      const isFailing = request.startsWith("GET /fail/");
      const answer = isFailing ? treeFor(request) : answerTo(request);
      socket.write(`${isFailing ? FAILED_HEAD : HEAD}${answer}\r\n${BODY}`);
    });
  });
}

/** The answer's field for a request that carries an ask; it repeats the ask's id. */
function answerTo(request: string): string {
  const id = idOf(request);
  return id === undefined ? "" : `x-error-tree: ok;id="${id}";s="leaf"\r\n`;
}

const codec = createAnswerCodec();

/** The same for a request that fails: the tree of one node. */
function treeFor(request: string): string {
  const id = idOf(request);
  if (id === undefined) return "";
  const answer = codec.encode(
    failingAnswer("GET /fail/:id"),
    { id, json: false },
    { treeBytes: 1024, minimalBytes: 256 },
  );
  return `x-error-tree: ${answer?.value}\r\n`;
}

function idOf(request: string): string | undefined {
  const at = request.indexOf(ASK);
  return at < 0 ? undefined : request.slice(at + ASK.length, at + ASK.length + 16);
}

/** What a leaf answers that fails: a tree of one node. */
export function failingAnswer(operation: string): Answer {
  const root = {
    service: "leaf",
    operation,
    code: "unavailable" as const,
    errorType: "BankDown",
    message: "the bank does not answer",
    count: 1,
    children: [],
  };
  return { service: "leaf", code: root.code, exported: false, tree: { traceId: "", root, omitted: 0 } };
}
