// RabbitMQ by amqplib: a quorum queue, which counts deliveries and gives up after three.
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import type * as Amqplib from "amqplib";
import { ATTEMPTS, type Queue } from "../driver.ts";

// The instrumentation sees what is loaded by `require`.
const { connect: open } = createRequire(import.meta.url)("amqplib") as typeof Amqplib;

export async function connect(address: string): Promise<Queue> {
  const connection = await open(`amqp://${address}`);
  connection.on("error", () => {});
  const channel = await connection.createChannel();
  channel.on("error", () => {});
  await channel.assertQueue("work", {
    durable: true,
    arguments: {
      "x-queue-type": "quorum",
      "x-delivery-limit": ATTEMPTS - 1,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": "dead",
    },
  });
  await channel.assertQueue("dead", { durable: true });
  await channel.assertQueue("requests", { durable: false });
  await channel.prefetch(1);
  return {
    async send(body) {
      channel.sendToQueue("work", Buffer.from(body), { persistent: true });
    },
    async work(handle) {
      await channel.consume("work", (message) => {
        if (message === null) return;
        handle(message, message.content.toString())
          .then(
            () => channel.ack(message),
            () => channel.nack(message, false, true),
          )
          .catch(() => {});
      });
    },
    async bury(handle) {
      await channel.consume("dead", async (message) => {
        if (message === null) return;
        await handle(message, message.content.toString());
        channel.ack(message);
      });
    },
    async request(body, headers) {
      const correlationId = randomUUID();
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const reply = new Promise<unknown>((resolve) => {
        void channel.consume(queue, resolve, { noAck: true });
      });
      channel.sendToQueue("requests", Buffer.from(body), { replyTo: queue, correlationId, headers });
      return await reply;
    },
    async serve(answer) {
      await channel.consume("requests", async (message) => {
        if (message === null) return;
        const { body, headers } = await answer(message, message.content.toString());
        const { replyTo, correlationId } = message.properties;
        channel.sendToQueue(replyTo, Buffer.from(body), { correlationId, headers });
        channel.ack(message);
      });
    },
  };
}
