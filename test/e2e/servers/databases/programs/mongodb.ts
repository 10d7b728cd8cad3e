// A service over MongoDB, with `mongodb`.
import type { MongoClient as Client, MongoClientOptions } from "mongodb";
import { BOUND } from "./bound.ts";
import { CLOSED_PORT, HOST, load, PORT, running, serveCases } from "./serve-cases.ts";

const { MongoClient } = load("mongodb") as typeof import("mongodb");

const client = new MongoClient(`mongodb://${HOST}:${PORT}`, { serverSelectionTimeoutMS: 5_000 });
const shop = client.db("shop");
const users = shop.collection("users");
await users.createIndex({ email: 1 }, { unique: true });
await users.updateOne({ email: BOUND }, { $set: { age: 1 } }, { upsert: true });

async function connected(
  options: MongoClientOptions,
  use: (client: Client) => Promise<unknown>,
  url = `mongodb://${HOST}:${PORT}`,
): Promise<void> {
  const one = new MongoClient(url, { serverSelectionTimeoutMS: 500, ...options });
  try {
    await use(one);
  } finally {
    // It would wait for a server that stands still.
    void one.close().catch(() => {});
  }
}

const find = (one: Client): Promise<unknown> => one.db("shop").collection("users").findOne({ email: BOUND });

serveCases({
  refused: () => connected({}, find, `mongodb://${HOST}:${CLOSED_PORT}`),
  unique: () => users.insertOne({ email: BOUND }),
  upsert: () => users.updateOne({ email: "other" }, { $set: { email: BOUND } }, { upsert: true }),
  operator: () => users.updateOne({ email: BOUND }, { $nonsense: { age: 1 } } as never),
  query: () => users.find({ age: { $nonsense: BOUND } } as never).toArray(),
  command: () => shop.command({ nonsense: BOUND }),
  exists: async () => {
    await shop.createCollection("twice").catch(() => {});
    await shop.createCollection("twice");
  },
  name: () => shop.createCollection("$nonsense"),
  password: () => connected({ auth: { username: "tester", password: "wrong" } }, find),
  pool: () =>
    connected(
      { maxPoolSize: 1, waitQueueTimeoutMS: 100, socketTimeoutMS: 2_000, retryReads: false },
      async (one) => {
        await find(one);
        await running(async () => {
          const results = await Promise.allSettled([find(one), find(one)]);
          for (const result of results.reverse()) if (result.status === "rejected") throw result.reason;
        });
      },
    ),
  read: () =>
    connected({ socketTimeoutMS: 300, retryReads: false }, async (one) => {
      await find(one);
      await running(() => find(one));
    }),
  gone: () =>
    connected({ retryReads: false }, async (one) => {
      await find(one);
      await running(() => find(one));
    }),
});
