// Keeps exports from keeping the process alive, and holds up its end for them, with a limit.
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import type { SpanExporter } from "@opentelemetry/sdk-trace";

/** Something that can keep a process alive. */
interface Handle {
  destroy?(): unknown;
  unref?(): unknown;
}

/** The first is published as soon as there is a request; Node.js 20 has the second one alone. */
const CHANNELS = ["http.client.request.created", "http.client.request.start"];
/** What a request of node:http may end with: exporters then set the timer for their next try. */
const ENDS = ["error", "timeout", "close"] as const;
const KEEPING_ALIVE: ReadonlySet<string> = new Set(["Timeout", "TCPWRAP", "PIPEWRAP"]);

/** True in exports and in all that comes of them. */
const ours = new AsyncLocalStorage<true>();
const hook = createHook({
  init(_id, type, _trigger, resource: Handle) {
    if (KEEPING_ALIVE.has(type) && ours.getStore() === true) queueMicrotask(() => resource.unref?.());
  },
});
let watching = 0;

/** Takes the reference of every handle that an export makes from now on, until the returned function is called. It slows everything. */
function watchHandles(): () => void {
  if (watching++ === 0) hook.enable();
  return () => {
    if (--watching === 0) hook.disable();
  };
}

/** The same for this turn of the event loop, which is short enough to slow nothing. */
function watchThisTurn(): void {
  setImmediate(watchHandles());
}

/** To be called once, before the first export. */
export function watchExports(): void {
  const onRequest = (message: unknown): void => {
    if (ours.getStore() !== true) return;
    const { request } = message as { readonly request: ClientRequest };
    const unref = (socket: Socket): unknown => socket.unref();
    if (request.socket) unref(request.socket);
    else request.once("socket", unref);
    for (const end of ENDS) request.once(end, watchThisTurn);
    request.once("response", (response) => void response.once("end", watchThisTurn));
  };
  for (const channel of CHANNELS) subscribe(channel, onRequest);
}

/**
 * An exporter whose exports do not keep the process alive. By themselves those of OTLP do for ten seconds if nobody answers, by
 * the socket and by the timer for the next try.
 */
export function unheld(exporter: SpanExporter): SpanExporter {
  return {
    export: (...args) => {
      watchThisTurn();
      ours.run(true, () => exporter.export(...args));
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => await exporter.forceFlush?.(),
  };
}

/**
 * Does the work, for so many milliseconds at most. To be called when the program has nothing left to do: what keeps the process
 * alive after that is of the work, and is cut off at the limit. Rejects only if the work does.
 */
export async function holdFor(ms: number, work: () => Promise<unknown>): Promise<void> {
  const before = new Set(activeHandles());
  const stopWatching = watchHandles();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const done = ours.run(true, work).then(() => true);
  const inTime = await Promise.race([done, limit]);
  clearTimeout(timer);
  if (inTime) {
    stopWatching();
    return;
  }
  // A connection that is being established keeps the process alive also without its reference.
  ours.run(true, () => {
    for (const handle of activeHandles()) if (!before.has(handle)) handle.destroy?.();
  });
}

/** Sockets, servers and the like. Not in the types of Node, but in all its releases. */
function activeHandles(): readonly Handle[] {
  return (process as { _getActiveHandles?(): readonly Handle[] })._getActiveHandles?.() ?? [];
}
