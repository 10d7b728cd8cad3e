// Hides asks in requests that are never answered: upgrades and tunnels of node:http.
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

const CONNECTION = "net.server.socket";

type Emit = (this: unknown, event: string, ...args: unknown[]) => boolean;

interface Emitter {
  emit: Emit;
}

/**
 * Hides asks for the life of the process. No channel reports an upgrade, so `emit` of a server is wrapped if somebody listens
 * to its upgrades.
 */
export function hideUnanswered(
  hide: (request: IncomingMessage) => unknown,
  failed: (place: string, error: unknown) => void,
): void {
  const wrapped = new WeakSet<object>();
  const wrap = (emitter: Emitter, look: (event: string, args: readonly unknown[]) => void): void => {
    if (wrapped.has(emitter)) return;
    wrapped.add(emitter);
    const { emit } = emitter;
    emitter.emit = function (event, ...args) {
      try {
        look(event, args);
      } catch (error) {
        failed("emit", error);
      }
      return emit.call(this, event, ...args);
    };
  };
  subscribe(CONNECTION, (message) => {
    try {
      const { server } = (message as { socket: Socket & { readonly server?: Server } }).socket;
      if (server === undefined || !isListenedTo(server)) return;
      wrap(server as unknown as Emitter, (event, [request]) => {
        if (event === "upgrade" || event === "connect") hide(request as IncomingMessage);
      });
    } catch (error) {
      failed(CONNECTION, error);
    }
  });
}

function isListenedTo(server: Server): boolean {
  return server.listenerCount("upgrade") > 0 || server.listenerCount("connect") > 0;
}
