// Sends the running shop what no browser of its own would send.
import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import { until } from "../../../collector-config/run/until.ts";
import type { Shop } from "../../../examples/shop/shop.ts";

const WAIT_MS = 10_000;

/** What is wrong with how the shop takes it. */
export async function oddOrderProblems(shop: Shop): Promise<string[]> {
  return [...(await skuProblems(shop)), ...(await messageProblems(shop))];
}

/** A name that every object of JavaScript has. */
async function skuProblems(shop: Shop): Promise<string[]> {
  const { status, traceId } = await shop.order({ sku: "constructor" });
  const charged = (): string | undefined => shop.linesOf(traceId).find((line) => line.includes('"charged"'));
  const line = await until("payment has charged it", charged, WAIT_MS).catch((error: Error) => error.message);
  return line.includes('"amount":1,') ? [] : [`an order of "constructor": ${status}, ${line}`];
}

async function messageProblems(shop: Shop): Promise<string[]> {
  const connection = await connect(`amqp://${shop.servers.addresses.get("rabbitmq")}`);
  try {
    const channel = await connection.createChannel();
    const { queue: replyTo } = await channel.assertQueue("", { exclusive: true });
    const replies: string[] = [];
    const take = (reply: { readonly content: Buffer } | null): void => {
      replies.push(String(reply?.content));
    };
    await channel.consume(replyTo, take, { noAck: true });
    channel.sendToQueue("deliveries", Buffer.from("no JSON"));
    channel.sendToQueue("deliveries", Buffer.from("no JSON"), { replyTo, correlationId: randomUUID() });
    const reply = await until("it replies", () => replies[0], WAIT_MS).catch((error: Error) => error.message);
    const problems = reply.includes('"problem":') ? [] : [`the reply to a message without JSON: ${reply}`];
    const { status } = await shop.order();
    return status === 201 ? problems : [...problems, `an order after it: ${status}`];
  } finally {
    await connection.close();
  }
}
