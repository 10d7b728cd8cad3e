// Reaches node's own objects beneath the sessions and streams of node:http2. Field lists go through them, as node has made them.
import { Duplex } from "node:stream";

/** Node's object beneath a session or a stream; `undefined` if there is none, or not any more. */
export function handleOf(owner: object): object | undefined {
  const handle = memberOf(owner, "kHandle");
  return typeof handle === "object" && handle !== null ? handle : undefined;
}

/** The session or stream above node's own object. */
export function ownerOf(handle: object): object | undefined {
  const owner = memberOf(handle, "owner_symbol");
  return typeof owner === "object" && owner !== null ? owner : undefined;
}

/** What node keeps under a symbol that it does not export. */
function memberOf(object: object, description: string): unknown {
  for (const symbol of Object.getOwnPropertySymbols(object)) {
    if (symbol.description === description) return (object as Record<symbol, unknown>)[symbol];
  }
  return undefined;
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
