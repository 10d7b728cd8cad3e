// A service over MariaDB, with `mysql2`.

import type Mysql2 from "mysql2";
import type { Connection, ConnectionOptions } from "mysql2";
import type { Connection as PromisedConnection } from "mysql2/promise";
import { BOUND } from "./bound.ts";
import { CLOSED_PORT, HOST, load, PASSWORD, PORT, running, serveCases } from "./serve-cases.ts";

const mysql = load("mysql2") as typeof Mysql2;

const OPTIONS: ConnectionOptions = {
  host: HOST,
  port: Number(PORT),
  user: "tester",
  password: PASSWORD,
  database: "shop",
  connectTimeout: 5_000,
};
const pool = mysql.createPool(OPTIONS).promise();

await pool.query(
  `create table if not exists users (id int auto_increment primary key, email varchar(40) unique not null, age int,
     constraint adult check (age > 0))`,
);
await pool.query(
  "create table if not exists orders (id int primary key, buyer int, foreign key (buyer) references users (id))",
);
await pool.query("insert ignore into users (email) values (?), ('other@mail.example.org')", [BOUND]);

/** A connection with callbacks: what is asked before it stands is asked when it does. */
async function connected(
  options: ConnectionOptions,
  use: (connection: PromisedConnection, raw: Connection) => Promise<unknown>,
): Promise<void> {
  const raw = mysql.createConnection({ ...OPTIONS, ...options });
  raw.on("error", () => {});
  try {
    await use(raw.promise(), raw);
  } finally {
    raw.destroy();
  }
}

serveCases({
  refused: () => connected({ port: Number(CLOSED_PORT) }, (connection) => connection.query("select 1")),
  "refused-pool": () =>
    mysql
      .createPool({ ...OPTIONS, port: Number(CLOSED_PORT) })
      .promise()
      .query("select 1"),
  pool: async () => {
    const small = mysql.createPool({ ...OPTIONS, connectionLimit: 1, queueLimit: 1 }).promise();
    const connection = await small.getConnection();
    const waiting = small.query("select 1");
    try {
      await small.query("select 2");
    } finally {
      connection.release();
      await waiting;
      await small.end();
    }
  },
  read: () => connected({}, (connection) => connection.query({ sql: "select sleep(3)", timeout: 50 })),
  statement: () => pool.query("set statement max_statement_time = 0.05 for select sleep(30) from users"),
  lock: () =>
    connected({}, async (one) => {
      await one.query("begin");
      await one.query("select * from users for update");
      await connected({}, async (two) => {
        await two.query("set innodb_lock_wait_timeout = 1");
        await two.query("update users set age = 5 where email = ?", [BOUND]);
      });
    }),
  unique: () => pool.execute("insert into users (email) values (?)", [BOUND]),
  foreign: () => pool.query("insert into orders values (?, ?)", [7, 424_242]),
  null: () => pool.execute("insert into users (email) values (?)", [null]),
  check: () => pool.query("insert into users (email, age) values (?, -1)", [`1${BOUND}`]),
  long: () => pool.execute("insert into users (email) values (?)", [BOUND.repeat(2)]),
  input: () => pool.execute("insert into users (email, age) values (?, ?)", [`2${BOUND}`, BOUND]),
  syntax: () => pool.query("selec ? from users", [BOUND]),
  table: () => pool.query("select * from nowhere where email = ?", [BOUND]),
  column: () => pool.query("select nothing from users"),
  deadlock: () =>
    connected({}, (one) =>
      connected({}, async (two) => {
        const [first, second] = [
          "update users set age = 1 where id = 1",
          "update users set age = 2 where id = 2",
        ] as const;
        await one.query("begin");
        await two.query("begin");
        await one.query(first);
        await two.query(second);
        const results = await Promise.allSettled([one.query(second), two.query(first)]);
        for (const result of results) if (result.status === "rejected") throw result.reason;
      }),
    ),
  password: () => connected({ password: "wrong" }, (connection) => connection.query("select 1")),
  database: () => connected({ database: "nowhere" }, (connection) => connection.query("select 1")),
  denied: () =>
    connected({ user: "guest", database: "information_schema" }, (connection) =>
      connection.query("select * from shop.users"),
    ),
  ended: () =>
    connected({}, async (connection, raw) => {
      await connection.query("select 1");
      await Promise.all([connection.query("select sleep(30)"), pool.query(`kill ${raw.threadId}`)]);
    }),
  gone: () =>
    connected({}, async (connection) => {
      await connection.query("select 1");
      await running(() => connection.query("select sleep(30)"));
    }),
});
