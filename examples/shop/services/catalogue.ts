// Knows what things cost (fastify, with a cache in Redis), and has payment charge the customer.
import { readFileSync } from "node:fs";
import fastify from "fastify";
import { Redis } from "ioredis";
import { logFailures, traceIds } from "otel-error-tree/pino";
import { pino } from "pino";
import type { Order } from "./order.ts";

const { HOST = "127.0.0.1", PORT = "8082", REDIS = "", PAYMENT = "", TOKEN_FILE = "" } = process.env;
const PAYMENT_TIMEOUT_MS = 1_000;
const PRICES: ReadonlyMap<string, number> = new Map(Object.entries({ tea: 3, cup: 8, kettle: 30 }));
const log = pino({ base: { service: "catalogue" }, mixin: traceIds });
logFailures(log);

const cache = new Redis(`redis://${REDIS}`, { maxRetriesPerRequest: 0, retryStrategy: () => 200 });
cache.on("error", () => {}); // Each command that fails says so itself.

class NotCharged extends Error {
  override readonly name = "NotCharged";
  readonly statusCode: number;

  constructor(message: string, statusCode: number, cause?: unknown) {
    super(message, { cause });
    this.statusCode = statusCode;
  }
}

/** Looks into the cache first. That a cache can be down was forgotten. */
async function priceOf(sku: string): Promise<number> {
  const cached = await cache.get(`price:${sku}`);
  if (cached !== null) return Number(cached);
  const price = PRICES.get(sku) ?? 1;
  await cache.set(`price:${sku}`, price, "EX", 60);
  return price;
}

/** The token is a file that somebody else renews, as a mounted secret is. */
async function tellPayment(path: string, body: object): Promise<void> {
  const token = readFileSync(TOKEN_FILE, "utf8");
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const signal = AbortSignal.timeout(PAYMENT_TIMEOUT_MS);
  const call = { method: "POST", headers, body: JSON.stringify(body), signal };
  const answer = await fetch(PAYMENT + path, call).catch((error: Error) => {
    if (error.name === "TimeoutError") throw new NotCharged("payment took too long", 504, error);
    throw new NotCharged("payment is away", 503, error);
  });
  if (!answer.ok) throw new NotCharged(`payment answered ${answer.status}`, 502);
}

const app = fastify();
app.post<{ Body: Order }>("/sales", async ({ body }) => {
  const { id, sku, quantity, customer, guest, email } = body;
  const price = await priceOf(sku);
  // A guest is a customer, too, of whom payment has to know. This was forgotten when guests came.
  if (!guest) await tellPayment("/customers", { customer });
  await tellPayment("/charges", { id, customer, email, amount: price * quantity });
  log.info({ order: id }, "sold");
  return { price };
});
await app.listen({ port: Number(PORT), host: HOST });
log.info("ready");
