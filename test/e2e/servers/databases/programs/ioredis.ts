// A service over Redis, with `ioredis`.
import type { Redis as Client, RedisOptions } from "ioredis";
import { BOUND } from "./bound.ts";
import { CLOSED_PORT, HOST, load, PORT, running, serveCases } from "./serve-cases.ts";

const { Redis } = load("ioredis") as typeof import("ioredis");

const OPTIONS: RedisOptions = {
  host: HOST,
  port: Number(PORT),
  maxRetriesPerRequest: 1,
  retryStrategy: () => 20,
};
const redis = connect();

function connect(options: RedisOptions = {}): Client {
  const client = new Redis({ ...OPTIONS, ...options } as never);
  // Without a listener it writes what it cannot tell.
  client.on("error", () => {});
  return client;
}

async function connected(options: RedisOptions, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = connect(options);
  try {
    await use(client);
  } finally {
    client.disconnect();
  }
}

serveCases({
  refused: () => connected({ port: Number(CLOSED_PORT) }, (client) => client.get("key")),
  "refused-once": () =>
    connected({ port: Number(CLOSED_PORT), retryStrategy: () => null }, (client) => client.get("key")),
  offline: () =>
    connected({ port: Number(CLOSED_PORT), enableOfflineQueue: false }, (client) => client.get("key")),
  read: () => connected({ commandTimeout: 50 }, (client) => client.blpop("nothing", 30)),
  type: async () => {
    await redis.set("text", BOUND);
    await redis.lpush("text", BOUND);
  },
  integer: async () => {
    await redis.set("text", BOUND);
    await redis.incr("text");
  },
  syntax: () => redis.call("set", "key", BOUND, "nonsense"),
  command: () => redis.call("nonsense", BOUND),
  script: () => redis.eval("return redis.call('nonsense')", 0),
  password: async () => {
    await redis.config("SET", "requirepass", "right");
    try {
      await connected({}, (client) => client.auth("wrong"));
    } finally {
      await redis.config("SET", "requirepass", "");
    }
  },
  login: async () => {
    await redis.config("SET", "requirepass", "right");
    try {
      await connected({}, (client) => client.get("key"));
    } finally {
      await redis.config("SET", "requirepass", "");
    }
  },
  denied: async () => {
    await redis.call("acl", "setuser", "guest", "on", ">pass", "~*", "-@all", "+get");
    await connected({ username: "guest", password: "pass" }, (client) => client.set("key", BOUND));
  },
  memory: async () => {
    await redis.config("SET", "maxmemory", "1");
    try {
      await redis.set("key", BOUND);
    } finally {
      await redis.config("SET", "maxmemory", "0");
    }
  },
  replica: async () => {
    await redis.replicaof("127.0.0.1", CLOSED_PORT);
    try {
      await redis.set("key", BOUND);
    } finally {
      await redis.replicaof("NO", "ONE");
    }
  },
  busy: async () => {
    await redis.config("SET", "busy-reply-threshold", "20");
    const other = connect();
    const endless = connect();
    const looping = endless.eval("while true do end", 0).catch(() => {});
    try {
      // Until the loop has begun it answers well.
      for (;;) await redis.get("key");
    } finally {
      await other.script("KILL");
      await looping;
      other.disconnect();
      endless.disconnect();
    }
  },
  cluster: () => redis.call("cluster", "info"),
  pipeline: async () => {
    await redis.set("text", BOUND);
    const replies = await redis.pipeline().incr("text").get("text").exec();
    throw replies?.[0]?.[0];
  },
  gone: () =>
    connected({ retryStrategy: () => null }, async (client) => {
      await client.ping();
      await running(() => client.blpop("nothing", 30));
    }),
});
