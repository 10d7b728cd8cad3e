// A service of the chain: `ROLE` says how it is asked and whom it asks, `NEXT` where that one is, `TABLE` what the last one reads.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import type * as Grpc from "@grpc/grpc-js";
import type * as Amqplib from "amqplib";
import { consume, failRequest, replyHeaders, request } from "otel-error-tree";
import type Pg from "pg";
import { endWithParent, tell } from "../../support/process/in-child.ts";
import { serve } from "../../support/process/serve.ts";
import { serveTraced } from "../../support/services-program.ts";

// The instrumentations patch what is loaded after them.
const require = createRequire(import.meta.url);
const grpc = require("@grpc/grpc-js") as typeof Grpc;
const amqplib = require("amqplib") as typeof Amqplib;
const pg = require("pg") as typeof Pg;

const { ROLE = "", NEXT = "", PASSWORD = "", TABLE = "nowhere" } = process.env;
const QUEUE = "prices";

/** One unary method, whose messages are text. */
const CART = {
  get: {
    path: "/shop.Cart/Get",
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: string) => Buffer.from(message),
    requestDeserialize: (bytes: Buffer) => bytes.toString(),
    responseSerialize: (message: string) => Buffer.from(message),
    responseDeserialize: (bytes: Buffer) => bytes.toString(),
  },
} as const;

const ROLES: Readonly<Record<string, () => Promise<void> | void>> = {
  web: () => serveTraced(answering(() => getByHttp(NEXT))),
  shop() {
    const client = new grpc.Client(NEXT, grpc.credentials.createInsecure());
    serve(http.createServer(answering(() => getByGrpc(client))));
  },
  async cart() {
    const channel = await (await amqplib.connect(NEXT)).createChannel();
    const server = new grpc.Server();
    const get = (_: unknown, reply: Grpc.sendUnaryData<string>): void => {
      getByQueue(channel).then(
        (prices) => reply(null, prices),
        (error: Error) => reply({ code: grpc.status.UNAVAILABLE, details: error.message }),
      );
    };
    server.addService(CART, { get });
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) throw error;
      endWithParent();
      tell({ port });
    });
  },
  async prices() {
    const [broker = "", stock = ""] = NEXT.split(" ");
    const channel = await (await amqplib.connect(broker)).createChannel();
    await channel.assertQueue(QUEUE, { durable: false });
    await channel.consume(QUEUE, (message) => {
      if (message !== null) void answerMessage(channel, message, stock);
    });
    endWithParent();
    tell({ port: 0 });
  },
  stock() {
    const [host = "", port = ""] = NEXT.split(":");
    const pool = new pg.Pool({
      host,
      port: Number(port),
      user: "tester",
      password: PASSWORD,
      database: "postgres",
    });
    serve(http.createServer(answering(async () => void (await pool.query(`select price from ${TABLE}`)))));
  },
};

await ROLES[ROLE]?.();

function answering(work: () => Promise<unknown>): http.RequestListener {
  return async (_, response) => {
    try {
      response.end(String(await work()));
    } catch (error) {
      failRequest(error);
      response.writeHead(500).end();
    }
  };
}

async function getByHttp(url: string): Promise<string> {
  const [response] = (await once(http.get(`${url}/prices`), "response")) as [http.IncomingMessage];
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`${url} answered with status ${response.statusCode}`);
  return body;
}

function getByGrpc(client: Grpc.Client): Promise<string> {
  const { path, requestSerialize, responseDeserialize } = CART.get;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, "all", (error, reply) => {
      if (error === null) resolve(reply ?? "");
      else reject(error);
    });
  });
}

async function getByQueue(channel: Amqplib.Channel): Promise<string> {
  const { queue } = await channel.assertQueue("", { exclusive: true, autoDelete: true });
  const reply = await request("request prices", async (headers) => {
    const came = new Promise<Amqplib.ConsumeMessage>((resolve) => {
      void channel.consume(queue, (message) => message !== null && resolve(message), { noAck: true });
    });
    const options = { replyTo: queue, correlationId: randomUUID(), headers };
    channel.sendToQueue(QUEUE, Buffer.from("prices?"), options);
    return await came;
  });
  const body = reply.content.toString();
  if (body === "") throw new Error("no prices came");
  return body;
}

async function answerMessage(
  channel: Amqplib.Channel,
  message: Amqplib.ConsumeMessage,
  stock: string,
): Promise<void> {
  await consume("process prices", message, async () => {
    let body = "";
    let failure: unknown;
    try {
      body = await getByHttp(stock);
    } catch (error) {
      failure = error;
    }
    const headers = replyHeaders(failure);
    const { replyTo, correlationId } = message.properties;
    channel.sendToQueue(replyTo, Buffer.from(body), { correlationId, headers });
  });
  channel.ack(message);
}
