// A service over PostgreSQL, with `pg`.
import type pg from "pg";
import { BOUND } from "./bound.ts";
import { CLOSED_PORT, HOST, load, PASSWORD, PORT, running, serveCases } from "./serve-cases.ts";

const { Client, Pool } = load("pg") as typeof pg;

const OPTIONS: pg.PoolConfig = {
  host: HOST,
  port: Number(PORT),
  user: "tester",
  password: PASSWORD,
  database: "postgres",
};
const pool = new Pool(OPTIONS);
// Without a listener the end of an idle connection would end the service.
pool.on("error", () => {});

await pool.query(`
  create table if not exists users (id serial primary key, email varchar(40) unique not null, age int check (age > 0));
  create table if not exists orders (id int primary key, buyer int references users);
  insert into users (email) values ('${BOUND}'), ('other@mail.example.org') on conflict do nothing;
  do $$ begin create role guest login password '${PASSWORD}'; exception when duplicate_object then null; end $$;
  do $$ begin create role full_up login password '${PASSWORD}' connection limit 0; exception when duplicate_object then null; end $$;
`);

async function connectAs(
  options: pg.ClientConfig,
  use?: (client: pg.Client) => Promise<unknown>,
): Promise<void> {
  const client = new Client({ ...OPTIONS, ...options });
  client.on("error", () => {});
  await client.connect();
  try {
    await use?.(client);
  } finally {
    await client.end().catch(() => {});
  }
}

serveCases({
  refused: () => connectAs({ port: Number(CLOSED_PORT) }),
  pool: async () => {
    const small = new Pool({ ...OPTIONS, max: 1, connectionTimeoutMillis: 500 });
    const client = await small.connect();
    try {
      await small.query("select 1");
    } finally {
      client.release();
      await small.end();
    }
  },
  full: () => connectAs({ user: "full_up" }),
  statement: () => connectAs({ statement_timeout: 50 }, (client) => client.query("select pg_sleep(30)")),
  read: () =>
    connectAs({ query_timeout: 50, statement_timeout: 200 }, (client) => client.query("select pg_sleep(30)")),
  lock: () =>
    connectAs({}, async (client) => {
      await client.query("begin");
      await client.query("lock table orders");
      await connectAs({}, async (other) => {
        await other.query("set lock_timeout = 50");
        await other.query("select * from orders");
      });
    }),
  unique: () => pool.query("insert into users (email) values ($1)", [BOUND]),
  foreign: () => pool.query("insert into orders values ($1, $2)", [7, 424_242]),
  null: () => pool.query("insert into users (email) values ($1)", [null]),
  check: () => pool.query("insert into users (email, age) values ($1, -1)", [`1${BOUND}`]),
  long: () => pool.query("insert into users (email) values ($1)", [BOUND.repeat(2)]),
  input: () => pool.query("select * from users where id = $1", [BOUND]),
  syntax: () => pool.query("selec 1"),
  table: () => pool.query("select * from nowhere"),
  deadlock: () =>
    connectAs({}, (one) =>
      connectAs({}, async (two) => {
        const [first, second] = [
          "update users set age = 1 where email = $1",
          "update users set age = 2 where email <> $1",
        ] as const;
        await one.query("begin");
        await two.query("begin");
        await one.query(first, [BOUND]);
        await two.query(second, [BOUND]);
        // Whoever waits longer is told of it.
        const results = await Promise.allSettled([one.query(second, [BOUND]), two.query(first, [BOUND])]);
        for (const result of results) if (result.status === "rejected") throw result.reason;
      }),
    ),
  serialization: () =>
    connectAs({}, (one) =>
      connectAs({}, async (two) => {
        await one.query("begin isolation level repeatable read");
        await one.query("select * from users");
        await two.query("update users set age = 3 where email = $1", [BOUND]);
        await one.query("update users set age = 4 where email = $1", [BOUND]);
      }),
    ),
  password: () => connectAs({ password: "wrong" }),
  denied: () => connectAs({ user: "guest" }, (client) => client.query("select * from users")),
  ended: () =>
    connectAs({}, async (client) => {
      const { rows } = await client.query("select pg_backend_pid() as pid");
      await Promise.all([
        client.query("select pg_sleep(30)"),
        pool.query("select pg_terminate_backend($1)", [rows[0].pid]),
      ]);
    }),
  gone: () => connectAs({}, (client) => running(() => client.query("select pg_sleep(30)"))),
});
