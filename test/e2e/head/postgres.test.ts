// What the head tells of a failed query, against a real PostgreSQL server.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findPostgres } from "../../../collector-config/servers/find-postgres.ts";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import {
  ask,
  attributesOf,
  exportedSpans,
  type Service,
  type Sketch,
  sketchOf,
  startService,
} from "../../support/services.ts";
import { Postgres } from "../../support/services-postgres.ts";
import { closedPort } from "../../support/sockets.ts";

const HOST = findPostgres();
const WHY = HOST.missing === undefined ? "" : ` (skipped: ${HOST.missing})`;

let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
});

afterAll(async () => {
  await receiver.close();
});

const PROGRAM = new URL("./programs/postgres.ts", import.meta.url);
const ROOT = { service: "orders", operation: "GET /orders/:id" };

test("a database that takes no connections is the cause of a 500", async () => {
  const port = await closedPort();
  const env = { PG_HOST: "127.0.0.1", PG_PORT: String(port) };
  const orders = await startService(PROGRAM, { name: "orders", receiver, env });
  const answer = await ask(orders, "/orders/7?how=unknown-table");
  expect(answer.status).toBe(500);
  expect(answer.tree?.root).toMatchObject({
    ...ROOT,
    code: "internal",
    errorType: "ECONNREFUSED",
    children: [
      {
        service: "orders",
        operation: "pg.connect",
        code: "unavailable",
        errorType: "ECONNREFUSED",
        message: `connect ECONNREFUSED 127.0.0.1:${port}`,
        peer: "postgresql",
        children: [],
      },
    ],
  });
  expect(await orders.stop()).toBe("");
});

describe.skipIf(HOST.missing !== undefined)(`a failed query${WHY}`, () => {
  let postgres: Postgres;
  let orders: Service;

  beforeAll(async () => {
    postgres = await Postgres.start(HOST);
    const env = { PG_HOST: postgres.folder, PG_TABLE: "orders" };
    orders = await startService(PROGRAM, { name: "orders", receiver, env });
  });

  afterAll(async () => {
    expect(await orders?.stop()).toBe("");
    await postgres?.stop();
  });

  const DUPLICATE: Sketch = {
    service: "orders",
    operation: "pg.query:INSERT postgres",
    code: "already-exists",
    errorType: "23505",
    message: 'duplicate key value violates unique constraint "orders_pkey"',
    peer: "postgresql",
  };

  test("a unique violation that the handler answers with 409 is a rejection all the way", async () => {
    const answer = await ask(orders, "/orders/7?how=duplicate");
    expect(answer.status).toBe(409);
    expect(sketchOf(answer)).toEqual({ ...ROOT, code: "already-exists", children: [DUPLICATE] });
    expect(answer.tree?.root.exported).toBeUndefined();
  });

  test("a unique violation that the handler gets around is handled", async () => {
    const answer = await ask(orders, "/orders/7?how=upsert");
    expect(answer.status).toBe(200);
    expect(sketchOf(answer)).toEqual({ ...ROOT, code: "ok", children: [DUPLICATE] });
  });

  test("a query of a table that is not there leads to a 500 with the query beneath it", async () => {
    const answer = await ask(orders, "/orders/7?how=unknown-table");
    expect(answer.status).toBe(500);
    expect(sketchOf(answer)).toMatchObject({
      ...ROOT,
      code: "internal",
      message: 'relation "nowhere" does not exist',
      children: [
        {
          ...{ ...DUPLICATE, operation: "pg.query:SELECT postgres" },
          code: "internal",
          errorType: "42P01",
          message: 'relation "nowhere" does not exist',
        },
      ],
    });
    expect(answer.tree?.root.frames?.join("\n")).toMatch(/test\/e2e\/head\/programs\/postgres\.ts:\d+:\d+/);
    const spans = await exportedSpans(receiver, answer.traceId, ["orders"]);
    const root = spans.find(({ parentSpanId }) => parentSpanId === undefined);
    expect(attributesOf(root)).toMatchObject({
      "error_tree.verdict": "failed",
      "error_tree.root_cause.operation": "pg.query:SELECT postgres",
      "error_tree.root_cause.code": "internal",
    });
  });
});
