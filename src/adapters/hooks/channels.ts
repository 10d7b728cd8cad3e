// Listens to diagnostics channels of frameworks.
import { subscribe } from "node:diagnostics_channel";

/** Listens for the life of the process. A subscriber that throws would end it, so whatever this one throws is dropped. */
export function listen(channel: string, on: (message: never) => void): void {
  subscribe(channel, (message) => {
    try {
      on(message as never);
    } catch {
      // The message is of another version of the framework.
    }
  });
}
