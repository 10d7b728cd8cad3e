// A service over Redis, with `redis` (node-redis).
import type { createClient, RedisClientOptions } from "redis";
import { BOUND } from "./bound.ts";
import { CLOSED_PORT, HOST, load, PORT, running, serveCases } from "./serve-cases.ts";

type Client = ReturnType<typeof createClient>;

const redis = load("redis") as typeof import("redis");

const URL = `redis://${HOST}:${PORT}`;
const client = create();
await client.connect();

function create(options: RedisClientOptions = {}): Client {
  const made = redis.createClient({ url: URL, ...options } as RedisClientOptions) as Client;
  // Without a listener an error would end the service.
  made.on("error", () => {});
  return made;
}

async function connected(
  options: RedisClientOptions,
  use: (client: Client) => Promise<unknown>,
): Promise<void> {
  const one = create({ socket: { reconnectStrategy: false }, ...options });
  await one.connect();
  try {
    await use(one);
  } finally {
    if (one.isOpen) one.destroy();
  }
}

async function configured(
  name: string,
  value: string,
  otherwise: string,
  use: () => Promise<unknown>,
): Promise<void> {
  await client.configSet(name, value);
  try {
    await use();
  } finally {
    await client.configSet(name, otherwise);
  }
}

const REFUSED = { url: `redis://${HOST}:${CLOSED_PORT}`, socket: { reconnectStrategy: false } } as const;

serveCases({
  refused: () => connected(REFUSED, async () => {}),
  closed: async () => {
    await create().get("key");
  },
  offline: async () => {
    const one = create({ disableOfflineQueue: true, url: REFUSED.url });
    void one.connect().catch(() => {});
    try {
      await one.get("key");
    } finally {
      one.destroy();
    }
  },
  queue: async () => {
    const one = create({ commandsQueueMaxLength: 1, url: REFUSED.url });
    void one.connect().catch(() => {});
    const first = one.get("key").catch(() => {});
    try {
      await one.get("key");
    } finally {
      one.destroy();
      await first;
    }
  },
  read: () =>
    connected({ socket: { socketTimeout: 50, reconnectStrategy: false } }, (one) => one.blPop("nothing", 30)),
  type: async () => {
    await client.set("text", BOUND);
    await client.lPush("text", BOUND);
  },
  integer: async () => {
    await client.set("text", BOUND);
    await client.incr("text");
  },
  syntax: () => client.sendCommand(["SET", "key", BOUND, "nonsense"]),
  command: () => client.sendCommand(["nonsense", BOUND]),
  watch: () =>
    connected({}, async (one) => {
      await one.watch("key");
      await client.set("key", BOUND);
      await one.multi().get("key").exec();
    }),
  password: () =>
    configured("requirepass", "right", "", () => connected({ password: "wrong" }, (one) => one.get("key"))),
  login: () => configured("requirepass", "right", "", () => connected({}, (one) => one.get("key"))),
  denied: async () => {
    await client.sendCommand(["ACL", "SETUSER", "guest", "on", ">pass", "~*", "-@all", "+get"]);
    await connected({ username: "guest", password: "pass" }, (one) => one.set("key", BOUND));
  },
  memory: () => configured("maxmemory", "1", "0", () => client.set("key", BOUND)),
  multi: async () => {
    await client.set("text", BOUND);
    await client.multi().incr("text").get("text").exec();
  },
  gone: () =>
    connected({ socket: { reconnectStrategy: false } }, (one) => running(() => one.blPop("nothing", 30))),
});
