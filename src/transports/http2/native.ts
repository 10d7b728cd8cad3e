// Reaches node's own objects beneath the sessions and streams of node:http2. Field lists go through them, as node has made them.
import { Duplex } from "node:stream";

/** Node's object beneath a session or a stream; `undefined` if there is none, or not any more. */
export const handleOf: (owner: object) => object | undefined = memberReader("kHandle");

/** The session or stream above node's own object. */
export const ownerOf: (handle: object) => object | undefined = memberReader("owner_symbol");

/** The socket of a session, of which the program only sees a stand-in. */
export const socketOf: (session: object) => object | undefined = memberReader("socket");

/** Reads an object that node keeps under a symbol which it does not export. The symbol is looked for until it is found once. */
function memberReader(description: string): (object: object) => object | undefined {
  let known: symbol | undefined;
  return (object) => {
    known ??= Object.getOwnPropertySymbols(object).find((symbol) => symbol.description === description);
    const member = known === undefined ? undefined : (object as Record<symbol, unknown>)[known];
    return typeof member === "object" && member !== null ? member : undefined;
  };
}

/**
 * The prototype of node's objects beneath sessions; `undefined` if this runtime has none. It is found by a session that leads
 * nowhere, and only if the program has loaded node:http2, as that takes some milliseconds.
 */
export function sessionPrototype(): object | undefined {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] };
  if (moduleLoadList?.includes("NativeModule http2") !== true) return undefined;
  const http2 = process.getBuiltinModule?.("node:http2");
  if (http2 === undefined) return undefined;
  const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const session = http2.connect("http://localhost", { createConnection: () => nowhere });
  session.on("error", () => {});
  const handle = handleOf(session);
  session.destroy();
  return handle === undefined ? undefined : (Object.getPrototypeOf(handle) as object);
}
