// Has orders delivered (AMQP request and reply): asks the warehouse by gRPC, again if it is away, until a circuit breaker opens.
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { credentials, loadPackageDefinition, type ServiceError, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { type ConsumeMessage, connect } from "amqplib";
import CircuitBreaker from "opossum";
import { consume, replyHeaders } from "otel-error-tree";
import { logFailures, traceIds } from "otel-error-tree/pino";
import { pino } from "pino";
import type { Order } from "./order.ts";
import type { WarehouseApi } from "./warehouse.ts";

const { RABBITMQ = "", WAREHOUSE = "" } = process.env;
const ATTEMPTS = 3;
const log = pino({ base: { service: "fulfilment" }, mixin: traceIds });
logFailures(log);

const { shop } = loadPackageDefinition(
  loadSync(`${import.meta.dirname}/warehouse.proto`),
) as unknown as WarehouseApi;
const warehouse = new shop.Warehouse(WAREHOUSE, credentials.createInsecure(), {
  "grpc.max_reconnect_backoff_ms": 1_000,
});
const reserve = promisify(warehouse.Reserve.bind(warehouse));

const breaker = new CircuitBreaker(reserveWithRetries, {
  ...{ timeout: false as const, volumeThreshold: 5, errorThresholdPercentage: 50, resetTimeout: 10_000 },
  errorFilter: (error) => (error as ServiceError).code !== status.UNAVAILABLE,
});

async function reserveWithRetries(order: Order): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await reserve(order);
    } catch (error) {
      if ((error as ServiceError).code !== status.UNAVAILABLE || attempt === ATTEMPTS) throw error;
      await sleep(50 * attempt);
    }
  }
}

const channel = await (await connect(`amqp://${RABBITMQ}`)).createChannel();
await channel.assertQueue("deliveries", { durable: false });
await channel.consume("deliveries", async (message) => {
  if (message === null) return;
  const { replyTo, correlationId } = message.properties;
  const { body, headers } = await consume("deliver order", message, () => deliver(message));
  if (replyTo !== undefined)
    channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(body)), { correlationId, headers });
  channel.ack(message);
});
log.info("ready");

/** What is replied. The error tree goes into the headers of the reply. Never rejects: the message would come again and again. */
async function deliver(message: ConsumeMessage): Promise<{ body: object; headers: Record<string, string> }> {
  try {
    const order = JSON.parse(message.content.toString()) as Order;
    await breaker.fire(order);
    log.info({ order: order.id }, "delivered");
    return { body: {}, headers: replyHeaders() };
  } catch (error) {
    return { body: { problem: (error as Error).message }, headers: replyHeaders(error) };
  }
}
