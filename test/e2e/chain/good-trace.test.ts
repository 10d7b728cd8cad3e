// A request that goes well through http -> gRPC -> AMQP request and reply -> http -> PostgreSQL is exported whole, if its first service
// takes it as a good trace: no service samples anything by itself.
import { afterAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { PASSWORD, POSTGRESQL } from "../../../collector-config/servers/postgresql.ts";
import { RABBITMQ } from "../../../collector-config/servers/rabbitmq.ts";
import { startServer } from "../../../collector-config/servers/server.ts";
import { startReceiver } from "../../../examples/lab/receiver.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { ask, attributesOf, exportedSpans } from "../../support/services.ts";

const SERVICES = ["web", "shop", "cart", "prices", "stock"];
const TIMEOUT_MS = 120_000;
const missing = [POSTGRESQL.missing(), RABBITMQ.missing()].filter((why) => why !== undefined);

describe.skipIf(missing.length > 0)(
  `a good trace of a chain${missing.length > 0 ? ` (skipped: ${missing.join(", ")})` : ""}`,
  () => {
    const undo = new Undo();
    afterAll(() => undo.all(), TIMEOUT_MS);

    test("is there whole, over every transport, and no other one", { timeout: TIMEOUT_MS }, async () => {
      const traceIds = new Set<string>();
      const receiver = await startReceiver({
        onRequest: (json) => {
          for (const [, traceId = ""] of json.matchAll(/"traceId":"(\w+)"/g)) traceIds.add(traceId);
        },
      });
      await undo.add(() => receiver.close());
      const start = (role: string, next: string, env = {}): Promise<NodeProcess> =>
        NodeProcess.listening(new URL("./service.ts", import.meta.url), {
          name: role,
          imports: [new URL("./otel.ts", import.meta.url)],
          env: {
            ...{ ROLE: role, NEXT: next, PASSWORD, SERVICE_NAME: role, NODE_ENV: "test" },
            TABLE: "(values (7)) as prices (price)",
            OTEL_TRACES_SAMPLER: "parentbased_always_off",
            OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
            OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
            OTEL_BSP_SCHEDULE_DELAY: "10",
            ...env,
          },
          undo,
        });
      const postgres = await startServer(POSTGRESQL, undo);
      const rabbit = await startServer(RABBITMQ, undo);
      const broker = `amqp://${rabbit.address}`;
      const stock = await start("stock", postgres.address);
      await start("prices", `${broker} ${stock.url}`);
      const cart = await start("cart", broker);
      const shop = await start("shop", `127.0.0.1:${cart.port}`);
      const web = await start("web", shop.url, { OTEL_ERROR_TREE_GOOD_TRACE_INTERVAL_MS: "600000" });

      const answers = [];
      for (let i = 0; i < 5; i++) answers.push(await ask(web, "/"));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      const traceId = answers[1]?.traceId as string;
      await exportedSpans(receiver, traceId, SERVICES);
      // What asks comes later than what is asked: a call ends after the last of its callee's spans.
      const orphans = (): string[] => {
        const spans = receiver.spansOf(traceId);
        const ids = new Set(spans.map(({ spanId }) => spanId));
        return spans
          .filter(({ parentSpanId }) => parentSpanId && !ids.has(parentSpanId))
          .map(({ service, name }) => `${service} ${name}`);
      };
      await expect.poll(orphans, { timeout: 10_000 }).toEqual([]);
      const spans = receiver.spansOf(traceId);
      const roots = spans.filter(({ parentSpanId }) => !parentSpanId);
      expect(roots.map(({ service }) => service)).toEqual(["web"]);
      expect(attributesOf(roots[0])["error_tree.good_trace"]).toBe(true);
      expect(spans.some(({ name }) => name.startsWith("pg.query:SELECT"))).toBe(true);
      expect([...traceIds]).toEqual([traceId]);
    });
  },
);
