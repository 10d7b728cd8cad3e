// Writes down every order (Kafka consumer, PostgreSQL). Nobody waits for it: what fails here is a tree of its own, in the same trace.
import { Kafka, logLevel } from "kafkajs";
import { consume } from "otel-error-tree";
import { logFailures, traceIds } from "otel-error-tree/pino";
import { Pool } from "pg";
import { pino } from "pino";
import type { Order } from "./order.ts";

const { KAFKA = "", POSTGRESQL = "" } = process.env;
const log = pino({ base: { service: "orders" }, mixin: traceIds });
logFailures(log);

const database = new Pool({ connectionString: POSTGRESQL });
await database.query("create table if not exists orders (id text primary key, sku text, quantity int)");

const kafka = new Kafka({ brokers: [KAFKA], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: "orders" }], waitForLeaders: true });
await admin.disconnect();
const consumer = kafka.consumer({ groupId: "orders" });
await consumer.connect();
await consumer.subscribe({ topics: ["orders"], fromBeginning: true });
consumer.on("consumer.group_join", () => log.info("ready"));
await consumer.run({
  eachMessage: async ({ message }) => {
    try {
      await consume("write order", message, () => write(JSON.parse(String(message.value)) as Order));
    } catch (error) {
      // Reported by consume; to try it again would not help.
      log.error({ error: (error as Error).message }, "an order could not be written");
    }
  },
});

async function write({ id, sku, quantity }: Order): Promise<void> {
  await database.query("insert into orders (id, sku, quantity) values ($1, $2, $3)", [id, sku, quantity]);
  log.info({ order: id }, "written");
}
