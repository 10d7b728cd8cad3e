// Charges customers (Hono, with a token in each request), and has them sent a receipt by SQS.
import { createHmac, timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { logFailures, traceIds } from "otel-error-tree/pino";
import { pino } from "pino";

const { HOST = "127.0.0.1", PORT = "8083", SQS = "", TOKEN_KEY = "" } = process.env;
/** Larger amounts are looked at by somebody. */
const CHECKED_FROM = 1_000;
const CHECK_MS = 3_000;
const log = pino({ base: { service: "payment" }, mixin: traceIds });
logFailures(log);

const credentials = { accessKeyId: "none", secretAccessKey: "none" };
const sqs = new SQSClient({ endpoint: SQS, region: "local", credentials });
const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "receipts" }));
const customers = new Set<string>();

/** A token is the second until which it is good, a dot, and a signature of that. */
function authenticate(authorization = ""): void {
  const [, until = "", signature = ""] = /^Bearer (\d+)\.([\w-]+)$/.exec(authorization) ?? [];
  const expected = createHmac("sha256", TOKEN_KEY).update(until).digest("base64url");
  const isOurs =
    signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
  if (!isOurs) throw new HTTPException(401, { message: "this is not one of our tokens" });
  if (Number(until) < Date.now() / 1000) throw new HTTPException(401, { message: "the token has expired" });
}

const app = new Hono();
app.post("/customers", async (call) => {
  authenticate(call.req.header("authorization"));
  customers.add((await call.req.json()).customer);
  return call.json({});
});
app.post("/charges", async (call) => {
  authenticate(call.req.header("authorization"));
  const { id, customer, email, amount } = await call.req.json();
  if (!customers.has(customer)) throw new HTTPException(404, { message: "there is no such customer" });
  if (amount >= CHECKED_FROM) await sleep(CHECK_MS);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ id, email, amount }) }));
  log.info({ order: id, amount }, "charged");
  return call.json({});
});
serve({ fetch: app.fetch, hostname: HOST, port: Number(PORT) }, () => log.info("ready"));
