// The chain of five services, http -> gRPC -> AMQP request and reply -> http -> PostgreSQL, counts each request once.
import { afterAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { PASSWORD, POSTGRESQL } from "../../../collector-config/servers/postgresql.ts";
import { RABBITMQ } from "../../../collector-config/servers/rabbitmq.ts";
import { startServer } from "../../../collector-config/servers/server.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { ask } from "../../support/services.ts";

const TIMEOUT_MS = 120_000;
const N = 3;
const missing = [POSTGRESQL.missing(), RABBITMQ.missing()].filter((why) => why !== undefined);

describe.skipIf(missing.length > 0)(
  `the edges of a chain${missing.length > 0 ? ` (skipped: ${missing.join(", ")})` : ""}`,
  () => {
    const undo = new Undo();
    afterAll(() => undo.all(), TIMEOUT_MS);

    function start(role: string, next: string): Promise<NodeProcess> {
      return NodeProcess.listening(new URL("./service.ts", import.meta.url), {
        name: role,
        imports: [new URL("./otel.ts", import.meta.url)],
        env: {
          ...{ ROLE: role, NEXT: next, PASSWORD, SERVICE_NAME: role, NODE_ENV: "test", METRICS: "kept" },
          OTEL_TRACES_EXPORTER: "none",
          OTEL_ERROR_TREE_SECRET: "k1:0123456789abcdef0123456789abcdef",
        },
        undo,
      });
    }

    test("are what each service was asked and asks", { timeout: TIMEOUT_MS }, async () => {
      const postgres = await startServer(POSTGRESQL, undo);
      const rabbit = await startServer(RABBITMQ, undo);
      const broker = `amqp://${rabbit.address}`;
      const stock = await start("stock", postgres.address);
      const prices = await start("prices", `${broker} ${stock.url}`);
      const cart = await start("cart", broker);
      const shop = await start("shop", `127.0.0.1:${cart.port}`);
      const web = await start("web", shop.url);
      for (let i = 0; i < N; i++) expect((await ask(web, "/")).status).toBe(500);

      const edgesOf = (service: NodeProcess) => expect.poll(() => service.ask<string[]>("edges"));
      const served = `requests ${N}, failures ${N}, server ${N}`;
      await edgesOf(web).toEqual([
        `user -> web (virtual_node): ${served}, foreign ${N}`,
        `web -> shop (): client ${N}`,
      ]);
      await edgesOf(shop).toEqual([
        `shop -> cart (): client ${N}`,
        `web -> shop (): ${served}, arrived ${N}`,
      ]);
      await edgesOf(cart).toEqual([
        `cart -> prices (messaging_system): client ${N}`,
        `shop -> cart (): ${served}, arrived ${N}`,
      ]);
      await edgesOf(prices).toEqual([
        `cart -> prices (messaging_system): ${served}, arrived ${N}`,
        `prices -> stock (): client ${N}`,
      ]);
      await edgesOf(stock).toEqual([
        `prices -> stock (): ${served}, arrived ${N}`,
        `stock -> postgresql/postgres (database): ${served}, client ${N}, foreign ${N}`,
      ]);
    });
  },
);
