// The menu: what can go wrong in the shop, how it is brought about, and how it is put right again.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { rootCauseOf } from "otel-error-tree";
import type { Answer, Shop } from "./shop.ts";
import { ShopError } from "./undo.ts";

/** One thing that can go wrong. */
export interface Failure {
  readonly name: string;
  /** What it is, and what happens then. */
  readonly what: string;
  /** Brings it about; it stays until `off`. Absent if only what is ordered makes it happen. */
  on?(shop: Shop): Promise<void>;
  off?(shop: Shop): Promise<void>;
  /** Orders what meets it. */
  meet(shop: Shop): Promise<readonly Answer[]>;
  /** Says whether an answer is the one to look at. @default the last one with a tree */
  isShown?(answer: Answer): boolean;
}

/** A trace that the head samplers of all services take: the request says so. */
const sampled = (): Record<string, string> => {
  const [trace, span] = [randomUUID(), randomUUID()].map((id) => id.replaceAll("-", ""));
  return { traceparent: `00-${trace}-${span?.slice(16)}-01` };
};
const MOST_ORDERS = 30;
const WELL_MS = 60_000;
const DEPLOY_ORDERS_MS = 100;

export const FAILURES: readonly Failure[] = [
  {
    name: "cache-down",
    what: "Redis is killed. catalogue knows all prices without it, but nobody thought of that",
    on: (shop) => shop.servers.kill("redis"),
    off: async (shop) => {
      await shop.servers.startAgain("redis");
      await untilWell(shop);
    },
    meet: async (shop) => [await shop.order()],
  },
  {
    name: "constraint",
    what: "an order comes twice: orders, whom nobody waits for, cannot write it down again",
    async meet(shop) {
      const order = { id: randomUUID() };
      return [await shop.order(order), await shop.order(order)];
    },
  },
  {
    name: "expired-token",
    what: "nobody has renewed the token by which catalogue calls payment",
    on: async (shop) => shop.renewToken(true),
    off: async (shop) => shop.renewToken(),
    meet: async (shop) => [await shop.order()],
  },
  {
    name: "poison-message",
    what: "an e-mail address without @: notifications tries three times, then the message is set aside",
    meet: async (shop) => [await shop.order({ email: "nowhere" })],
  },
  {
    name: "slow-payment",
    what: "payment looks at large amounts for three seconds, catalogue waits for one",
    meet: async (shop) => [await shop.order({ quantity: 500 })],
  },
  {
    name: "circuit-open",
    what: "warehouse is away; after five orders fulfilment does not ask it any more",
    on: (shop) => shop.service("warehouse").stop(),
    async off(shop) {
      await shop.service("warehouse").start();
      await untilWell(shop);
    },
    async meet(shop) {
      const answers: Answer[] = [];
      while (answers.length < MOST_ORDERS && answers.at(-1)?.body.includes("Breaker is open") !== true)
        answers.push(await shop.order());
      return answers;
    },
  },
  {
    name: "retry-storm",
    what: "payment is away; fulfilment tries three times, and warehouse three times each: nine calls for one order",
    on: (shop) => shop.service("payment").stop(),
    async off(shop) {
      await shop.service("payment").start();
      await untilWell(shop);
    },
    meet: async (shop) => [await shop.order()],
  },
  {
    name: "without-library",
    what: "catalogue runs without otel-error-tree, and its token has expired: the tree ends at the call to it",
    async on(shop) {
      shop.renewToken(true);
      await shop.deploy("catalogue", { withLibrary: false });
    },
    async off(shop) {
      shop.renewToken();
      await shop.deploy("catalogue");
    },
    meet: async (shop) => [await shop.order()],
  },
  {
    name: "deploy",
    what: "catalogue is restarted while orders come, all of which fail, because its token has expired",
    on: async (shop) => shop.renewToken(true),
    async off(shop) {
      shop.renewToken();
      await untilWell(shop);
    },
    async meet(shop) {
      const orders: Promise<Answer>[] = [];
      const load = setInterval(() => orders.push(shop.order()), DEPLOY_ORDERS_MS);
      try {
        await shop.deploy("catalogue");
      } finally {
        clearInterval(load);
      }
      return await Promise.all(orders);
    },
    isShown: ({ tree }) => tree !== undefined && rootCauseOf(tree.root).node.unanswered === true,
  },
  {
    name: "missing-call",
    what: "a guest orders: catalogue forgets to tell payment of the customer first. Nothing but that call is missing",
    meet: async (shop) => {
      // Of an article that nobody has ordered yet catalogue also writes down the price.
      await shop.order();
      return [
        await shop.order({}, sampled()),
        await shop.order({ guest: true, customer: `guest-${randomUUID()}` }),
      ];
    },
  },
];

/** Orders until one goes well: a circuit closes some seconds after its callee is back. */
async function untilWell(shop: Shop): Promise<void> {
  for (const end = performance.now() + WELL_MS; performance.now() < end; await sleep(500))
    if ((await shop.order()).status === 201) return;
  throw new ShopError(`orders do not go well again after ${WELL_MS / 1000} s`);
}
