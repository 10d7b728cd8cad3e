// A chain of five services, http -> gRPC -> AMQP request and reply -> http -> PostgreSQL, fails at its end: all of it stands in the
// answer of the first one, and in a real Jaeger under one trace id.
import { existsSync } from "node:fs";
import type { TreeNode } from "otel-error-tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { type SinglePipeline, startSinglePipeline } from "../../../collector-config/run/single.ts";
import { until } from "../../../collector-config/run/until.ts";
import { PASSWORD, POSTGRESQL } from "../../../collector-config/servers/postgresql.ts";
import { RABBITMQ } from "../../../collector-config/servers/rabbitmq.ts";
import { startServer } from "../../../collector-config/servers/server.ts";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";
import { readTrace } from "../../../examples/lab/stored-span.ts";
import { limitsVariable } from "../../support/limits.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { ask } from "../../support/services.ts";

const SERVICES = ["web", "shop", "cart", "prices", "stock"];
const TIMEOUT_MS = 120_000;
const missing = [
  POSTGRESQL.missing(),
  RABBITMQ.missing(),
  ...[PROGRAMS.collector, PROGRAMS.jaeger].map((path) =>
    existsSync(path) ? undefined : `no ${path}: npm run tools`,
  ),
].filter((why) => why !== undefined);

describe.skipIf(missing.length > 0)(
  `a chain${missing.length > 0 ? ` (skipped: ${missing.join(", ")})` : ""}`,
  () => {
    const undo = new Undo();
    let pipeline: SinglePipeline;

    beforeAll(async () => {
      pipeline = await startSinglePipeline();
    }, TIMEOUT_MS);
    afterAll(async () => {
      await undo.all();
      await pipeline?.stop();
    }, TIMEOUT_MS);

    function start(role: string, next: string): Promise<NodeProcess> {
      return NodeProcess.listening(new URL("./service.ts", import.meta.url), {
        name: role,
        imports: [new URL("./otel.ts", import.meta.url)],
        env: {
          ...{ ROLE: role, NEXT: next, PASSWORD, SERVICE_NAME: role, NODE_ENV: "test" },
          OTEL_EXPORTER_OTLP_ENDPOINT: pipeline.collector.otlpHttp,
          OTEL_ERROR_TREE_SECRET: "k1:0123456789abcdef0123456789abcdef",
          OTEL_ERROR_TREE_HEADER_BYTES: "2048",
          ...limitsVariable({ settleMs: 100, exportDelayMs: 0 }),
        },
        undo,
      });
    }

    test("that fails at its end is told whole by its first service, and by Jaeger", {
      timeout: TIMEOUT_MS,
    }, async () => {
      const postgres = await startServer(POSTGRESQL, undo);
      const rabbit = await startServer(RABBITMQ, undo);
      const broker = `amqp://${rabbit.address}`;
      const stock = await start("stock", postgres.address);
      await start("prices", `${broker} ${stock.url}`);
      const cart = await start("cart", broker);
      const shop = await start("shop", `127.0.0.1:${cart.port}`);
      const web = await start("web", shop.url);

      const answer = await ask(web, "/");
      expect(answer.status).toBe(500);
      const path = pathOf(answer.tree?.root);
      expect(path.map(({ service }) => service)).toEqual([...SERVICES, "stock"]);
      expect(path.map(({ code }) => code)).toEqual([
        "internal",
        "internal",
        "unavailable",
        expect.any(String),
        "internal",
        "internal",
      ]);
      expect(path.at(-1)).toMatchObject({
        peer: "postgresql",
        errorType: "42P01",
        message: 'relation "nowhere" does not exist',
      });

      const stored = async (): Promise<Set<string>> => {
        const spans = await readTrace(pipeline.jaeger.queryUrl, answer.traceId);
        return new Set(spans.map(({ service }) => service));
      };
      await until("Jaeger has spans of every service", async () => (await stored()).size === SERVICES.length);
      expect(await stored()).toEqual(new Set(SERVICES));
    });
  },
);

/** From the root down, where each node has one failed child. */
function pathOf(root: TreeNode | undefined): TreeNode[] {
  const path: TreeNode[] = [];
  for (let node = root; node !== undefined; node = node.children[0]) path.push(node);
  return path;
}
