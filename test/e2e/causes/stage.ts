// The processes of a run: the services that are called, the hosts of the programs, the database, the receiver.
import { createRequire } from "node:module";
import type { Client as PgClient } from "pg";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { findPostgres } from "../../../collector-config/servers/find-postgres.ts";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { limitsVariable } from "../../support/limits.ts";
import { type Service, startService } from "../../support/services.ts";
import { Postgres } from "../../support/services-postgres.ts";
import { closedPort } from "../../support/sockets.ts";
import type { ProgramCase } from "./cases.ts";

/** How the programs' own set-up differs from host to host. */
export const VARIANTS = [
  { title: "1,024 bytes", env: { OTEL_ERROR_TREE_HEADER_BYTES: "1024" } },
  { title: "256 bytes", env: { OTEL_ERROR_TREE_HEADER_BYTES: "256" } },
  { title: "no messages", env: { OTEL_ERROR_TREE_HEADER_BYTES: "1024", OTEL_ERROR_TREE_MESSAGES: "false" } },
] as const;

/** A process that runs all programs. */
export interface Host {
  readonly title: string;
  readonly service: Service;
  readonly ports: Readonly<Record<string, number>>;
}

/** All that runs. */
export interface Stage {
  readonly hosts: readonly Host[];
  readonly receiver: Receiver;
  /** Every request that came to the receiver, as JSON. */
  readonly requests: readonly string[];
  /** Has every process write what it still holds. */
  flush(): Promise<void>;
}

const SERVICES = ["ads", "audit", "pay", "prices", "stock", "users"];
/** An export waits for calls that outlive the answer. */
const ENV = limitsVariable({ exportDelayMs: 0 });

const TABLES = [
  "create table customers (id int primary key)",
  "create table orders (id int primary key, customer int references customers (id))",
  "create table stock (id int primary key, left_over int)",
  "create table items (id int primary key, title text)",
  "insert into customers values (7)",
  "insert into stock values (1, 10)",
];

/** Why programs with a database cannot run here; `undefined` where they can. */
export function databaseMissing(): string | undefined {
  return findPostgres().missing;
}

/** Starts everything that the programs need, and stops it in the end. */
export async function setStage(cases: readonly ProgramCase[], undo: Undo): Promise<Stage> {
  const requests: string[] = [];
  const receiver = await startReceiver({ onRequest: (json) => requests.push(json) });
  await undo.add(() => receiver.close());
  const programs = cases.map(({ program }) => program);
  const start = async (program: string, name: string, env: Readonly<Record<string, string>>) => {
    const service = await startService(new URL(program, import.meta.url), { name, receiver, env });
    await undo.add(async () => void (await service.stop()));
    return service;
  };
  const services = await Promise.all(
    SERVICES.map(async (name) => ({ name, service: await start("./services.cjs", name, ENV) })),
  );
  const urls = Object.fromEntries(services.map(({ name, service }) => [name.toUpperCase(), service.url]));
  const env = {
    ...ENV,
    ...urls,
    DEAD: `http://127.0.0.1:${await closedPort()}`,
    ...(programs.some((name) => name.startsWith("pg-")) ? await startDatabase(undo) : undefined),
    PROGRAMS: programs.join(","),
  };
  const hosts = await Promise.all(
    VARIANTS.map(async ({ title, env: own }) => {
      const service = await start("./host.ts", "shop", { ...env, ...own });
      return { title, service, ports: await service.ask<Record<string, number>>("ports") };
    }),
  );
  const all = [...hosts, ...services].map(({ service }) => service);
  return {
    hosts,
    receiver,
    requests,
    flush: async () => void (await Promise.all(all.map((service) => service.ask("shutdown")))),
  };
}

/** A database with the tables of the programs; where it is found. */
async function startDatabase(undo: Undo): Promise<Record<string, string>> {
  const postgres = await Postgres.start(findPostgres());
  await undo.add(() => postgres.stop());
  const { Client } = createRequire(import.meta.url)("pg") as { Client: typeof PgClient };
  const client = new Client({ host: postgres.folder, user: "tester", database: "postgres" });
  await client.connect();
  for (const statement of TABLES) await client.query(statement);
  await client.end();
  return { PGHOST: postgres.folder, PGUSER: "tester", PGDATABASE: "postgres" };
}
