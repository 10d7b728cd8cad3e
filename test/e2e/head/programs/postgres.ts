// A service over PostgreSQL: `/orders/:id` sends the query that `how` names.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { Pool as PgPool } from "pg";
import { queryOf, serveTraced } from "../../../support/services-program.ts";

/** As much of express as is used here; it brings no types. */
type Express = () => RequestListener & { get(path: string, handler: Handler): void };
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

// The instrumentations patch what is loaded after them.
const require = createRequire(import.meta.url);
const { Pool } = require("pg") as { Pool: typeof PgPool };
const express = require("express") as Express;

const { PG_HOST = "", PG_PORT = "5432" } = process.env;
const pool = new Pool({ host: PG_HOST, port: Number(PG_PORT), user: "tester", database: "postgres", max: 1 });

const UNIQUE_VIOLATION = "23505";

const WAYS: Readonly<Record<string, (response: ServerResponse) => Promise<void>>> = {
  duplicate: async (response) => {
    try {
      await pool.query("insert into orders values (7)");
    } catch (error) {
      response.statusCode = (error as { code?: string }).code === UNIQUE_VIOLATION ? 409 : 500;
    }
    response.end();
  },
  upsert: async (response) => {
    await pool.query("insert into orders values (7)").catch(() => pool.query("select 1"));
    response.end();
  },
  "unknown-table": async (response) => {
    await pool.query("select * from nowhere");
    response.end();
  },
};

if (process.env.PG_TABLE !== undefined) {
  await pool.query(`create table ${process.env.PG_TABLE} (id int primary key)`);
  await pool.query(`insert into ${process.env.PG_TABLE} values (7)`);
}

const app = express();
app.get("/orders/:id", async (request, response) => {
  await WAYS[queryOf(request).query.get("how") ?? ""]?.(response);
});

serveTraced(app);
