// Errors of databases and of what is put in front of them.
export async function run({ load, record, postgres: url }) {
  if (url !== undefined) await withPostgres(load, record, url);
  const { PGlite } = await load("@electric-sql/pglite");
  const lite = await PGlite.create();
  await lite.exec(
    "create table users (id int primary key, email text unique, age int check (age > 0), born date, ip inet, doc jsonb, u uuid)",
  );
  await record("@electric-sql/pglite", (v) =>
    lite.query("insert into users (id, email) values ($1, $2)", [v.password(), v.mail()]),
  );
  await record("@electric-sql/pglite", (v) =>
    lite.query(`insert into users (id, u) values (1, '${v.token()}')`),
  );
  await record("@electric-sql/pglite", (v) =>
    lite.query(`insert into users (id, ip) values (1, '${v.person()}')`),
  );
  await record("@electric-sql/pglite", (v) =>
    lite
      .query(`insert into users (id, doc) values (1, '{"password": ${v.password()}}')`)
      .catch((e) => `${e.message} ${e.detail}: ${e.where}`),
  );
  await record("@electric-sql/pglite", (v) =>
    lite
      .query(`insert into users (id, age) values (2, -1)`)
      .catch((e) => `${e.message} ${e.detail} ${v.mail()}`),
  );
  const { DatabaseSync } = await load("node:sqlite");
  const sqlite = new DatabaseSync(":memory:");
  sqlite.exec("create table users (email text unique, age int check (age > 0)) strict");
  await record("node:sqlite", (v) => sqlite.exec(`insert into users (email) values ('${v.password()}'x')`));
  await record("node:sqlite", (v) => {
    try {
      sqlite.exec(`insert into users (age) values ('${v.person()}')`);
    } catch (e) {
      return `${e.message} (query: INSERT INTO users (age) VALUES ('${v.person()}'))`;
    }
  });
  const { default: knex } = await load("knex");
  const k = knex({ client: "pg", connection: url ?? "postgres://x@127.0.0.1:1/x" });
  await record("knex", (v) => k.raw(`select * from users where email = ? and x = ?`, [v.mail()]));
  await record("knex", (v) => {
    try {
      k("users").where({ id: undefined, email: v.mail() }).toSQL();
    } catch (e) {
      return e;
    }
  });
  const { MongoClient, MongoServerError } = await load("mongodb");
  await record("mongodb", (v) => new MongoClient(`mongodb://app:${v.password()}@`));
  await record("mongodb", (v) => new MongoClient(`mongodb+srv://app:${v.password()}@cluster:27017`));
  await record("mongodb", (v) => new MongoClient(`mongodb://app:${v.password()}#x@db:port`));
  await record("mongodb", (v) => new MongoClient(`mongo://app:${v.password()}@db`).s?.toString?.() ?? "");
  await record(
    "mongodb",
    (v) =>
      new MongoServerError({
        message: `E11000 duplicate key error collection: shop.users index: email_1 dup key: { email: "${v.mail()}" }`,
        code: 11000,
      }),
  );
  await record(
    "mongodb",
    (v) =>
      new MongoClient("mongodb://db/?authMechanism=MONGODB-OIDC", {
        auth: { username: v.mail(), password: v.password() },
      }),
  );
  const { ObjectId, Long } = await load("bson");
  await record("bson", (v) => ObjectId.createFromHexString(v.password()));
  await record("bson", (v) => Long.fromStringStrict(v.password()));
  const mysql = await load("mysql2");
  await record("mysql2", (v) => mysql.createConnection(`mysql://app:${v.password()}@db:x/shop`));
  const fake = mysql.createServer();
  fake.on("connection", (connection) => {
    connection.serverHandshake({
      protocolVersion: 4,
      serverVersion: "8.0.36",
      connectionId: 1,
      statusFlags: 2,
      characterSet: 8,
      capabilityFlags: 0xffffff,
    });
    connection.on("query", (sql) =>
      connection.writeError({ code: 1064, message: sql.split("--")[1] ?? "no" }),
    );
  });
  await new Promise((done) => fake.listen(0, "127.0.0.1", done));
  const client = mysql.createConnection({
    host: "127.0.0.1",
    port: fake._server.address().port,
    user: "app",
  });
  client.on("error", () => undefined);
  const asMysql = (message) => new Promise((_, reject) => client.query(`select 1 --${message}`, reject));
  await record("mysql2", (v) => asMysql(`Duplicate entry '${v.mail()}' for key 'users.email'`));
  await record("mysql2", (v) => asMysql(`Incorrect date value: '${v.person()}' for column 'born' at row 1`));
  await record("mysql2", (v) =>
    asMysql(
      `You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '${v.password()}'' at line 1`,
    ),
  );
  await record("mysql2", (v) =>
    asMysql(`Data truncation: Truncated incorrect INTEGER value: '${v.password()}'`),
  );
  const redis = await load("redis");
  await record("redis", (v) => redis.createClient({ url: `redis:/:${v.password()}@cache:6379x` }));
  await record("redis", (v) => redis.createClient({ url: `rediss1://app:${v.password()}@cache` }));
  await record("redis", (v) => {
    try {
      redis.createClient({ url: `redis://:${v.password()}@cache:99999` });
    } catch (e) {
      return `${e.message} ${e.input}`;
    }
  });
  const { default: Redis } = await load("ioredis");
  const net = await import("node:net");
  const resp = net.createServer((socket) =>
    socket.on("data", (data) =>
      socket.write(
        `-ERR unknown command '${data
          .toString()
          .split("\r\n")
          .filter((l) => !/^[*$]/.test(l))
          .join("', '")}', with args beginning with: \r\n`,
      ),
    ),
  );
  await new Promise((done) => resp.listen(0, "127.0.0.1", done));
  const io = new Redis(resp.address().port, "127.0.0.1", {
    enableReadyCheck: false,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
  });
  io.on("error", () => undefined);
  await record("ioredis", (v) =>
    io.call("AUTHX", "app", v.password()).catch((e) => `${e.message} ${JSON.stringify(e.command)}`),
  );
  await record("ioredis", (v) =>
    io.set("session", v.token()).catch((e) => `${e} command: ${JSON.stringify(e.command)}`),
  );
  await record(
    "ioredis",
    (v) =>
      new Redis(`redis://:${v.password()}@cache:6379/x%`, { lazyConnect: true }) &&
      `connect to redis://:${v.password()}@cache:6379/0 failed`,
  );
  const { Sequelize, DataTypes } = await load("sequelize");
  await record("sequelize", (v) => new Sequelize(`postgre://app:${v.password()}@db/x`));
  const seq = new Sequelize(url ?? "postgres://app:x@127.0.0.1:1/x", { logging: false });
  const User = seq.define(
    "user",
    {
      email: { type: DataTypes.STRING, validate: { isEmail: { msg: "no mail" } } },
      born: DataTypes.DATE,
      role: DataTypes.ENUM("a", "b"),
      age: { type: DataTypes.INTEGER, validate: { isInt: true } },
    },
    { timestamps: false },
  );
  await record("sequelize", (v) =>
    User.build({ age: v.password() })
      .validate()
      .catch((e) => `${e.message} ${JSON.stringify(e.errors)}`),
  );
  await record("sequelize", (v) => User.create({ age: 1, email: "a@b.example", role: v.person() }));
  const { DataSource } = await load("typeorm");
  await record("typeorm", (v) =>
    new DataSource({ type: "postgres", url: `postgres://app:${v.password()}@127.0.0.1:1/x` })
      .initialize()
      .catch(
        (e) => `${e.message} ${e.errors?.[0]?.message ?? ""} postgres://app:${v.password()}@127.0.0.1:1/x`,
      ),
  );
  const { EntityNotFoundError, QueryFailedError } = await load("typeorm");
  await record("typeorm", (v) => new EntityNotFoundError("User", { email: v.mail(), resetToken: v.token() }));
  await record("typeorm", (v) => new EntityNotFoundError("User", { where: { phone: v.phone() } }));
  await record(
    "typeorm",
    (v) =>
      new QueryFailedError(
        "INSERT INTO t VALUES (?)",
        [v.mail()],
        new Error(`Duplicate entry '${v.mail()}' for key 'PRIMARY'`),
      ),
  );
  const { drizzle } = await load("drizzle-orm/pglite");
  const { sql } = await load("drizzle-orm");
  const d = drizzle(lite);
  await record("drizzle-orm", (v) =>
    d.execute(sql`insert into users (id, email) values (${v.password()}, ${v.mail()})`),
  );
  await record("drizzle-orm", (v) =>
    d.execute(sql`select * from users where emial = ${v.mail()} and token = ${v.token()}`),
  );
  const { default: cassandra } = await load("cassandra-driver");
  await record("cassandra-driver", (v) => cassandra.types.Uuid.fromString(v.password()));
  await record("cassandra-driver", (v) => cassandra.types.InetAddress.fromString(v.password()));
  const { default: neo4j } = await load("neo4j-driver");
  await record("neo4j-driver", (v) =>
    neo4j.driver(`neo4j://app:${v.password()}@graph:7687`, neo4j.auth.basic("a", "b")).verifyConnectivity(),
  );
  await record("neo4j-driver", (v) => neo4j.driver(`bolt:/${v.password()}`));
  await record("neo4j-driver", (v) => neo4j.int(v.password()));
  const { createClient } = await load("@clickhouse/client");
  await record("@clickhouse/client", (v) => createClient({ url: `http//app:${v.password()}@ch:8123` }));
  await record("@clickhouse/client", (v) =>
    createClient({ url: `http://default:${v.password()}@ch:8123?password=${v.password()}` })
      .ping()
      .then((r) => r.error),
  );
  const { Connection } = await load("tedious");
  await record("tedious", (v) => new Connection({ server: "db", options: { port: v.password() } }));
  await load("@prisma/client").catch(() => undefined);
}

async function withPostgres(load, record, url) {
  const { default: pg } = await load("pg");
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  await pool.query(
    "drop table if exists users; create table users (id int primary key, email text unique, age int check (age > 0), born date, mood text, doc jsonb, u uuid, n numeric(4,1), tags int[]); drop type if exists mood; create type mood as enum ('sad', 'ok')",
  );
  await pool.query("insert into users (id, email) values (1, 'taken@example.com')");
  const q = (text, values) => pool.query(text, values);
  const whole = (promise) =>
    promise.catch((e) => [e.message, e.detail, e.where, e.hint].filter(Boolean).join("; "));
  await record("pg", (v) => {
    const mail = v.mail();
    return q("insert into users (id, email) values (2, $1), (3, $1)", [mail]).catch(
      (e) => `${e.message}: ${e.detail}`,
    );
  });
  await record("pg", (v) => q("select * from users where id = $1", [v.password()]));
  await record("pg", (v) => q(`select '${v.person()}'::mood`));
  await record("pg", (v) => q("select $1::uuid", [v.token()]));
  await record("pg", (v) => q("select $1::date", [v.person()]));
  await record("pg", (v) => whole(q("select $1::json", [`{"password": "${v.password()}", x}`])));
  await record("pg", (v) => whole(q("insert into users (id, age, email) values (9, -1, $1)", [v.mail()])));
  await record("pg", (v) => q(`select * from users where email = '${v.mail()}' and '`));
  await record("pg", (v) => q("select to_date($1, 'YYYY-MM-DD')", [v.person()]));
  await record("pg", (v) => q("select $1::int[]", [`{${v.word()}}`]));
  await record("pg", (v) => q("select $1::inet", [v.mail()]));
  await record("pg", (v) => q("select $1::interval", [v.person()]));
  await record("pg", (v) =>
    q(
      `do $$ begin raise exception 'customer % with card % is blocked', '${v.person()}', '${v.card(" ")}'; end $$`,
    ),
  );
  await record("pg", (v) => q("select $1::int2", [v.digits(9)]));
  await record("pg", (v) =>
    q("select xmlparse(document $1)", [`<password>${v.password()}`]).catch((e) => `${e.message} ${e.detail}`),
  );
  await record("pg", (v) =>
    new pg.Client(`postgres://${v.mail()}:x@127.0.0.1:${new URL(url).port}/postgres`).connect(),
  );
  await record("pg", (v) => q(`select * from users where regexp_match(email, '[${v.word()}') is null`));
  await record("pg", (v) => q(`alter role app password ${v.password()}`));
  await record("pg", (v) => q(`create role x with password '${v.password()}' valid until 'never'`));
  await record("pg", (v) => q("select $1::point", [v.phone()]));
  const { default: postgres } = await load("postgres");
  const sql = postgres(url, { max: 1, onnotice() {} });
  await record("postgres", (v) =>
    sql`insert into users (id, email) values (${1}, ${v.mail()})`.catch(
      (e) => `${e.message} ${e.detail} [${e.parameters}]`,
    ),
  );
  await record("postgres", (v) => sql.unsafe(`select cast('${v.password()}' as int)`));
  await record("postgres", (v) => sql.unsafe(`select 1 from users where doc @@ '${v.word()}'`));
  const { default: knex } = await load("knex");
  const k = knex({ client: "pg", connection: url });
  await record("knex", (v) => k("users").insert({ id: 1, email: v.mail(), mood: v.password() }));
  await record("knex", (v) => k("users").where("emial", v.mail()).update({ mood: v.person() }));
  await record("knex", (v) => k.raw(`select * from users where email = '${v.mail()}' and nothing = 1`));
  await record("knex", (v) => k("users").where({ id: v.password() }).first());
  const { Model } = await load("objection");
  class Users extends Model {
    static tableName = "users";
  }
  Users.knex(k);
  await record("objection", (v) => Users.query().insert({ id: v.password(), email: v.mail() }));
  await record("objection", (v) =>
    Users.query()
      .findById(v.mail())
      .throwIfNotFound({ message: `no user ${v.mail()}` }),
  );
  const { Sequelize, DataTypes } = await load("sequelize");
  const seq = new Sequelize(url, { logging: false });
  const User = seq.define(
    "user",
    { email: DataTypes.STRING, mood: DataTypes.STRING, age: DataTypes.INTEGER },
    { timestamps: false },
  );
  await record("sequelize", (v) =>
    User.create({ id: 1, email: v.mail() }).catch(
      (e) =>
        `${e.message} ${e.parent.detail ?? ""} ${JSON.stringify(e.errors?.map((one) => one.message + one.value))}`,
    ),
  );
  await record("sequelize", (v) =>
    seq
      .query(`SELECT * FROM users WHERE email = '${v.mail()}' AND nothing = 1`)
      .catch((e) => `${e.message} in ${e.sql}`),
  );
  await record("sequelize", (v) =>
    User.findAll({ where: { age: v.password() } }).catch((e) => `${e.name}: ${e.message} while ${e.sql}`),
  );
  const { DataSource } = await load("typeorm");
  const source = await new DataSource({ type: "postgres", url }).initialize();
  await record("typeorm", (v) => source.query("insert into users (id) values ($1)", [v.password()]));
  await record("typeorm", (v) =>
    source
      .query(`insert into users (id, email) values (1, '${v.mail()}')`)
      .catch((e) => `${e.message}: ${e.driverError.detail}; ${e.query}`),
  );
  await record("typeorm", (v) =>
    source
      .query("select $1::uuid", [v.token()])
      .catch(
        (e) =>
          `query failed: ${e.query} -- PARAMETERS: ${JSON.stringify(e.parameters)} ${JSON.stringify(v.secrets)}`,
      ),
  );
  const slonik = await load("slonik");
  await record("slonik", async (v) =>
    (await slonik.createPool(url))
      .query(slonik.sql.unsafe`select ${v.password()}::int`)
      .catch((e) => `${e.message} ${e.cause?.message ?? ""}`),
  );
}
