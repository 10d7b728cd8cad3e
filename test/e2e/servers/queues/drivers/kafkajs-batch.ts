// Kafka by kafkajs in batches: each message is marked as done by itself, so that only what failed is tried again.
import type { Queue } from "../driver.ts";
import { connectFor } from "./kafkajs.ts";

export function connect(address: string): Promise<Queue> {
  return connectFor(address, (tried) => ({
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      for (const message of batch.messages) {
        await tried(message);
        resolveOffset(message.offset);
        await heartbeat();
      }
    },
  }));
}
