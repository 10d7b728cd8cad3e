// Listens to channels of node:diagnostics_channel, without an error of ours that reaches the program.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Health } from "../health/health.ts";

/** What is done with the messages of each channel, by its name. A channel that this version of Node lacks stays silent. */
type ChannelListeners = Readonly<Record<string, (message: never) => void>>;

/** Listens until the returned function is called. */
export function listenTo(listeners: ChannelListeners, health: Pick<Health, "failed">): () => void {
  const stops = Object.entries(listeners).map(([channel, listener]) => {
    const onMessage = (message: unknown): void => {
      try {
        listener(message as never);
      } catch (error) {
        health.failed(channel, error);
      }
    };
    subscribe(channel, onMessage);
    return () => unsubscribe(channel, onMessage);
  });
  return () => {
    for (const stop of stops) stop();
  };
}
