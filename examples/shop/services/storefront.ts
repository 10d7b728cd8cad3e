// Takes orders from browsers (express): tells Kafka of each one, and waits until fulfilment says by AMQP that it is done.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConsumeMessage, connect } from "amqplib";
import express from "express";
import { Kafka, logLevel } from "kafkajs";
import { request } from "otel-error-tree";
import { logFailures, traceIds } from "otel-error-tree/pino";
import { pino } from "pino";
import type { Order } from "./order.ts";

const { HOST = "127.0.0.1", PORT = "8080", KAFKA = "", RABBITMQ = "" } = process.env;
const REPLY_MS = 20_000;
const log = pino({ base: { service: "storefront" }, mixin: traceIds });
logFailures(log);

const producer = new Kafka({ brokers: [KAFKA], logLevel: logLevel.NOTHING }).producer();
await producer.connect();

const channel = await (await connect(`amqp://${RABBITMQ}`)).createChannel();
const { queue: replies } = await channel.assertQueue("", { exclusive: true });
const waiting = new Map<string, (reply: ConsumeMessage) => void>();
await channel.consume(
  replies,
  (reply) => {
    if (reply !== null) waiting.get(reply.properties.correlationId)?.(reply);
  },
  { noAck: true },
);

class NotDelivered extends Error {
  override readonly name = "NotDelivered";
  readonly status = 502;
}

/** Resolves with the reply of fulfilment, which carries its error tree if it failed. */
function askFulfilment(order: Order): Promise<ConsumeMessage> {
  return request("deliver order", (headers) => {
    const options = { correlationId: randomUUID(), replyTo: replies, headers };
    channel.sendToQueue("deliveries", Buffer.from(JSON.stringify(order)), options);
    const reply = new Promise<ConsumeMessage>((resolve) => waiting.set(options.correlationId, resolve));
    const late = sleep(REPLY_MS, undefined, { ref: false }).then(() => {
      throw new NotDelivered("fulfilment does not reply");
    });
    return Promise.race([reply, late]).finally(() => waiting.delete(options.correlationId));
  });
}

const app = express();
app.use(express.json());
app.post("/orders", async (incoming, response) => {
  const usual = { sku: "tea", quantity: 1, customer: "ada", guest: false, email: "ada@example.com" };
  const order: Order = { id: randomUUID(), ...usual, ...incoming.body };
  log.info({ order: order.id }, "ordered");
  await producer.send({ topic: "orders", messages: [{ key: order.id, value: JSON.stringify(order) }] });
  const reply = JSON.parse((await askFulfilment(order)).content.toString()) as { problem?: string };
  if (reply.problem !== undefined) throw new NotDelivered(reply.problem);
  response.status(201).json({ id: order.id });
});
app.listen(Number(PORT), HOST, () => log.info("ready"));
