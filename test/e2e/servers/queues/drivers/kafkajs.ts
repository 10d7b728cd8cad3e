// Kafka by kafkajs: it tries a message again by itself; the program counts, and puts it into a topic for dead letters.
import { createRequire } from "node:module";
import type * as Kafkajs from "kafkajs";
import { ATTEMPTS, type Queue } from "../driver.ts";

const { Kafka, logLevel } = createRequire(import.meta.url)("kafkajs") as typeof Kafkajs;

export function connect(address: string): Promise<Queue> {
  return connectFor(address, eachMessage);
}

type Tried = (message: Kafkajs.KafkaMessage) => Promise<void>;

const eachMessage = (tried: Tried): Kafkajs.ConsumerRunConfig => ({
  eachMessage: ({ message }) => tried(message),
});

/** Connects; `how` says in which portions the program gets what is sent. */
export async function connectFor(
  address: string,
  how: (tried: Tried) => Kafkajs.ConsumerRunConfig,
): Promise<Queue> {
  const kafka = new Kafka({
    brokers: [address],
    clientId: "queues",
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 10 },
  });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: "work" }, { topic: "dead" }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const subscribe = async (topic: string, groupId: string): Promise<Kafkajs.Consumer> => {
    const consumer = kafka.consumer({ groupId, sessionTimeout: 6_000, heartbeatInterval: 500 });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    return consumer;
  };
  return {
    async send(body) {
      await producer.send({ topic: "work", messages: [{ value: body }] });
    },
    async work(handle) {
      const tried = new Map<string, number>();
      const consumer = await subscribe("work", "workers");
      const once: Tried = async (message) => {
        const count = (tried.get(message.offset) ?? 0) + 1;
        tried.set(message.offset, count);
        try {
          await handle(message, `${message.value}`);
        } catch (error) {
          if (count < ATTEMPTS) throw error;
          await producer.send({ topic: "dead", messages: [{ value: message.value }] });
        }
      };
      await consumer.run(how(once));
    },
    async bury(handle) {
      const consumer = await subscribe("dead", "undertakers");
      await consumer.run({ eachMessage: async ({ message }) => await handle(message, `${message.value}`) });
    },
  };
}
