// Over every transport, caller and callee count a request once between them, on the same edge.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { ask, type Service, startService } from "../../support/services.ts";
import { closedPort } from "../../support/sockets.ts";
import { calleeOf, TRANSPORTS } from "./transports.ts";

const PROGRAM = new URL("./service.ts", import.meta.url);
/** The clients of each callee: they share its services, for starting them takes most of the time. */
const CLIENTS = new Map<string, string[]>();
for (const name of Object.keys(TRANSPORTS)) {
  CLIENTS.set(calleeOf(name), [...(CLIENTS.get(calleeOf(name)) ?? []), name]);
}

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

describe.each([...CLIENTS])("a callee over %s", (callee, clients) => {
  test(`and its clients: ${clients.join("; ")}`, { timeout: 60_000 }, async () => {
    const start = (name: string): Promise<Service> =>
      startService(PROGRAM, { name, receiver, env: { TRANSPORT: callee, METRICS: "kept" } });
    const [orders, payments] = await Promise.all([start("orders"), start("payments")]);
    const to = await (await fetch(`${payments.url}/address`)).text();
    const refused = new URL(to);
    refused.port = `${await closedPort()}`;
    const ways = [`${to}/fine`, `${to}/fine`, `${to}/forbidden`, `${refused.protocol}//${refused.host}/fine`];
    for (const client of clients) {
      for (const way of ways)
        await ask(orders, `/read?${new URLSearchParams({ client, to: way, status: "200" })}`);
    }

    const n = clients.length;
    await expect
      .poll(() => payments.ask("edges"))
      .toEqual([
        `orders -> payments (): requests ${3 * n}, failures ${n}, server ${3 * n}, arrived ${3 * n}`,
        "user -> payments (virtual_node): requests 1, server 1, foreign 1",
      ]);
    await expect
      .poll(() => orders.ask("edges"))
      .toEqual([
        `orders -> ${refused.host} (virtual_node): requests ${n}, failures ${n}, server ${n}, client ${n}`,
        `orders -> payments (): client ${3 * n}`,
        `user -> orders (virtual_node): requests ${4 * n}, server ${4 * n}, foreign ${4 * n}`,
      ]);
    await Promise.all([orders.stop(), payments.stop()]);
  });
});
