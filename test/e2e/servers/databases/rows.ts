// The clients of databases with their instrumentations, of today and older ones with each of the conventions that they know.
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Daemon } from "../../../../collector-config/run/daemon.ts";
import { until } from "../../../../collector-config/run/until.ts";
import { FERRETDB } from "../../../../collector-config/servers/ferretdb.ts";
import { MARIADB } from "../../../../collector-config/servers/mariadb.ts";
import { PASSWORD, POSTGRESQL } from "../../../../collector-config/servers/postgresql.ts";
import { REDIS } from "../../../../collector-config/servers/redis.ts";
import type { ServerKind } from "../../../../collector-config/servers/server.ts";
import { install } from "../../../support/installed/install.ts";
import { limitsVariable } from "../../../support/limits.ts";
import { NodeProcess } from "../../../support/process/node-process.ts";
import { type Answer, ask } from "../../../support/services.ts";
import { closedPort } from "../../../support/sockets.ts";
import type { Row, Stage, Table } from "../table.ts";
import {
  type DatabaseCase,
  type Expected,
  type ExpectedByCase,
  IOREDIS,
  MONGODB,
  MYSQL2,
  PG,
  REDIS_CLIENT,
} from "./expected.ts";
import { BOUND } from "./programs/bound.ts";

const OTEL = new URL("./programs/otel.ts", import.meta.url);
const OLDER = new URL("./older/", import.meta.url);
const PATIENCE_MS = 30_000;

interface Client {
  readonly name: string;
  readonly server: ServerKind;
  /** `db.system.name` */
  readonly peer: string;
  readonly expected: ExpectedByCase;
}

const CLIENTS: readonly Client[] = [
  { name: "pg", server: POSTGRESQL, peer: "postgresql", expected: PG },
  { name: "mysql2", server: MARIADB, peer: "mysql", expected: MYSQL2 },
  { name: "ioredis", server: REDIS, peer: "redis", expected: IOREDIS },
  { name: "redis", server: REDIS, peer: "redis", expected: REDIS_CLIENT },
  { name: "mongodb", server: FERRETDB, peer: "mongodb", expected: MONGODB },
];

/** Instrumentations that know both conventions, by the variable that chooses; those of today know the new one alone. */
const CONVENTIONS: Readonly<Record<string, Readonly<Record<string, string>> | undefined>> = {
  "": undefined,
  ", older, old names": {},
  ", older, new names": { OTEL_SEMCONV_STABILITY_OPT_IN: "database" },
  ", older, both": { OTEL_SEMCONV_STABILITY_OPT_IN: "database/dup" },
};

/** One installation for all rows, removed with the first that wants it last. */
let older: Promise<string> | undefined;

export const DATABASES: Table<DatabaseCase> = {
  title: "database",
  cases: {
    refused: "nobody listens at its port",
    pool: "no connection is free, or may be queued for",
    timeout: "statement, answer or lock takes too long",
    constraint: "a unique, foreign, not-null or check constraint, a value that does not fit",
    syntax: "wrong statement, unknown table, column or command",
    deadlock: "deadlock, or a conflict of transactions",
    password: "wrong or none",
    refusal: "no permission, no memory, a replica, busy",
    gone: "the server is killed, or ends the connection, while it works",
  },
  rows: CLIENTS.flatMap((client) =>
    Object.entries(CONVENTIONS).map(([suffix, variables]) => rowOf(client, client.name + suffix, variables)),
  ),
};

function rowOf(
  client: Client,
  name: string,
  variables: Readonly<Record<string, string>> | undefined,
): Row<DatabaseCase> {
  return {
    client: name,
    server: client.server,
    async set(stage) {
      const env = variables === undefined ? {} : { ...variables, INSTALLED: await installOlder(stage) };
      const service = await startService(client, stage, env);
      const judged = Object.entries(client.expected).map(([column, all]) => [
        column,
        async () => {
          const wrong: string[] = [];
          for (const expected of all) wrong.push(...(await judge(client, service, stage, expected)));
          return wrong;
        },
      ]);
      return Object.fromEntries(judged);
    },
  };
}

async function installOlder({ whole }: Stage): Promise<string> {
  older ??= install({ from: OLDER, library: false, undo: whole });
  return await older;
}

async function startService(
  { name }: Client,
  { server, receiver, undo }: Stage,
  env: Readonly<Record<string, string>>,
): Promise<NodeProcess> {
  const [HOST = "", PORT = ""] = server.address.split(":");
  return await NodeProcess.listening(new URL(`./programs/${name}.ts`, import.meta.url), {
    name: "shop",
    imports: [OTEL],
    env: {
      ...{ HOST, PORT, PASSWORD, CLOSED_PORT: String(await closedPort()), INSTRUMENTATION: name },
      NODE_ENV: "test",
      SERVICE_NAME: "shop",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_ERROR_TREE_HEADER_BYTES: "2048",
      ...limitsVariable({ settleMs: 100, exportDelayMs: 0 }),
      ...env,
    },
    undo,
  });
}

/** Has the service do something that fails, and compares what its caller gets. */
async function judge(
  { peer }: Client,
  service: NodeProcess,
  { server: { daemon } }: Stage,
  { how, code, type, server }: Expected,
): Promise<string[]> {
  const answering = ask(service, `/${how}`);
  answering.catch(() => {});
  if (server !== undefined) {
    await service.told("ready");
    await stop(daemon.pid ?? 0);
    const working = service.told("working");
    service.tell("work");
    await working;
    if (server === "killed") await daemon.kill();
  }
  const answer = await Promise.race([answering, sleep(PATIENCE_MS, undefined, { ref: false })]);
  if (server === "killed") await startAgain(daemon);
  if (server === "stopped") process.kill(daemon.pid ?? 0, "SIGCONT");
  return answer === undefined
    ? [`${how}: no answer`]
    : wrongIn(answer, peer, { how, ...(code && { code }), ...(type && { type }) });
}

/** Starts a server that was killed. PostgreSQL refuses to start as long as one of the processes of its earlier life is there. */
async function startAgain(daemon: Daemon): Promise<void> {
  await until("the server that was killed is up again", async () => {
    try {
      await daemon.start();
      return true;
    } catch (error) {
      if (String(error).includes("pre-existing shared memory block")) return false;
      throw error;
    }
  });
}

/** Has a process stand still. On a busy machine its threads work on until one of them has taken the signal. */
async function stop(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await until(`process ${pid} stands still`, async () => {
    const threads = await readdir(`/proc/${pid}/task`);
    const states = await Promise.all(
      threads.map(async (thread) => await readFile(`/proc/${pid}/task/${thread}/stat`, "utf8")),
    );
    return states.every((state) => /\) T /.test(state));
  });
}

/** Survived failures are those of the client itself, as when it names itself to a server that knows no names of clients. */
function wrongIn({ status, tree }: Answer, peer: string, { how, code, type }: Expected): string[] {
  if (tree === undefined) return [`${how}: answered ${status} without a tree`];
  const { root } = tree;
  const calls = root.children.filter(({ survived, pending }) => survived !== true && pending !== true);
  const wrong = calls.filter(
    (node) =>
      node.code !== code ||
      node.peer !== peer ||
      node.message === undefined ||
      (type !== undefined && node.errorType !== type),
  );
  const isRight =
    status === 500 &&
    root.code === "internal" &&
    root.message !== undefined &&
    root.errorType !== undefined &&
    (code !== undefined) === calls.length > 0 &&
    wrong.length === 0;
  const problems = isRight ? [] : [`${how}: ${JSON.stringify(tree.root)}`];
  if (JSON.stringify(tree).includes(BOUND.slice(0, 15))) problems.push(`${how}: a bound value in the tree`);
  return problems;
}
