// Looks whether Kafka answers and has the topics, and makes the compacted one.
import { kafkaReason, leafOf } from "./kafka-error.ts";
import type { KafkaLibrary } from "./kafka-library.ts";
import type { ClientOptions } from "./state-topic.ts";

/** A tombstone, which says that a window is kept no longer, is there long enough for everybody to have read it. */
const COMPACTED = [
  { name: "cleanup.policy", value: "compact" },
  { name: "segment.ms", value: "600000" },
  { name: "max.compaction.lag.ms", value: "1200000" },
  { name: "delete.retention.ms", value: "600000" },
];
const TIMEOUT_MS = 5_000;
/** As many as the broker has by default. */
const REPLICAS = -1;

/** @throws Error in words for people, if no broker answers or one of `topics` is not there */
export async function prepareTopics(
  kafka: KafkaLibrary,
  client: ClientOptions,
  { topics, compacted }: { readonly topics: readonly string[]; readonly compacted: string },
): Promise<void> {
  // With retries a broker that is away would be waited for without a word.
  const admin = new kafka.Admin({ ...client, retries: 0, timeout: TIMEOUT_MS });
  try {
    const there = await admin.listTopics();
    const missing = topics.filter((topic) => !there.includes(topic));
    if (missing.length > 0) throw new Error(`there is no topic ${missing.join(", ")}`);
    if (there.includes(compacted)) return;
    await admin
      .createTopics({ topics: [compacted], partitions: 1, replicas: REPLICAS, configs: COMPACTED })
      .catch((error: unknown) => {
        // Another observer was faster.
        if (leafOf(error).apiId !== "TOPIC_ALREADY_EXISTS") throw error;
      });
  } catch (error) {
    throw new Error(`Kafka at ${client.bootstrapBrokers.join(", ")}: ${kafkaReason(error)}`);
  } finally {
    await admin.close().catch(() => {});
  }
}
