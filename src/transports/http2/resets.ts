// Knows which streams of node:http2 this process has reset itself: node's own events do not say so.
import { replace } from "../http/guard.ts";
import { ownerOf } from "./native.ts";

/** Who ended a stream before all of it was sent or received. */
type Ender = "us" | "peer";

interface Handle {
  rstStream(this: object, ...args: unknown[]): unknown;
}

const guarded = new WeakSet<object>();
const ended = new WeakMap<object, Ender>();

/** Stands before node's own function, once: it is the same for all streams of the process. */
export function watchResets(handle: object): void {
  const prototype = Object.getPrototypeOf(handle) as Handle;
  if (guarded.has(prototype)) return;
  guarded.add(prototype);
  const { rstStream } = prototype;
  replace(prototype, {
    rstStream(this: object, ...args: unknown[]): unknown {
      note(this);
      return rstStream.apply(this, args);
    },
  });
}

/** Who has reset a stream; `undefined` if the peer did, or nobody. */
export function resetBy(stream: object): Ender | undefined {
  return ended.get(stream);
}

function note(handle: object): void {
  const stream = ownerOf(handle);
  // Node resets all streams of a connection that the peer has closed.
  if (stream !== undefined && !ended.has(stream)) ended.set(stream, isConnected(stream) ? "us" : "peer");
}

function isConnected(stream: {
  session?: { socket: { destroyed: boolean; readableEnded: boolean } };
}): boolean {
  try {
    const socket = stream.session?.socket;
    return socket !== undefined && !socket.destroyed && !socket.readableEnded;
  } catch {
    // The session has let go of its connection.
    return false;
  }
}
