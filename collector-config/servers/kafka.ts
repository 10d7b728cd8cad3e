// A Kafka broker.
import { existsSync } from "node:fs";
import { startKafka } from "../run/kafka.ts";
import { PROGRAMS } from "../tools/files.ts";
import { lacking, type ServerKind } from "./server.ts";

export const KAFKA: ServerKind = {
  name: "kafka",
  comesBy: { tool: "kafka" },
  missing: () =>
    existsSync(PROGRAMS.kafka)
      ? lacking("java", "default-jre-headless")
      : "no Kafka here: npm run tools -- --only kafka",
  async start(folder, undo) {
    const { daemon, broker } = await startKafka({ folder, undo, partitions: 1 });
    return { daemon, address: broker };
  },
};
