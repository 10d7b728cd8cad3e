// A gentle load: an order now and then, whatever becomes of it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Shop } from "./shop.ts";

const ORDERS = [
  { sku: "tea" },
  { sku: "cup", quantity: 2 },
  { sku: "kettle", customer: "grace", email: "grace@example.com" },
];

/** Orders until the signal comes, one at a time, with so many milliseconds between. */
export async function load(shop: Shop, everyMs: number, signal: AbortSignal): Promise<void> {
  for (let i = 0; !signal.aborted; i++) {
    await shop.order(ORDERS[i % ORDERS.length]).catch(() => {});
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}
