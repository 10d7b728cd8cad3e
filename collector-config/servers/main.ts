// `npm run servers`: real brokers and databases on free ports, for as long as they are wanted.
import { once } from "node:events";
import { readNames } from "../program/arguments.ts";
import { print, printProgress } from "../program/print.ts";
import { RunError } from "../program/run-error.ts";
import { runProgram } from "../program/run-program.ts";
import type { Undo } from "../program/undo.ts";
import { bring } from "./bring.ts";
import { ELASTICMQ } from "./elasticmq.ts";
import { FERRETDB } from "./ferretdb.ts";
import { jaegerKind } from "./jaeger.ts";
import { KAFKA } from "./kafka.ts";
import { MARIADB } from "./mariadb.ts";
import { NATS } from "./nats.ts";
import { PASSWORD, POSTGRESQL } from "./postgresql.ts";
import { RABBITMQ } from "./rabbitmq.ts";
import { REDIS } from "./redis.ts";
import { type Server, type ServerKind, startServer } from "./server.ts";

const ALL: readonly ServerKind[] = [RABBITMQ, KAFKA, NATS, REDIS, ELASTICMQ, POSTGRESQL, MARIADB, FERRETDB];
const NAMES = [...ALL.map(({ name }) => name), "jaeger"];

const USAGE = `Usage: npm run servers -- [options]

Starts real servers on free ports, each in a folder of its own below the system's one for temporary files, prints where they
are, and stops them on Ctrl-C; all that they have written is gone then. Databases have the account tester, password ${PASSWORD}.

  --only NAMES  only these, separated by commas: ${NAMES.join(", ")}
  --maybe NAMES these, too, if this machine has them
  --bring       brings what is missing before: Debian's packages by apt-get, as root; the others by npm run tools
  --also URL    Jaeger hands everything on to this OTLP endpoint, such as http://127.0.0.1:4318 of an observatory
  --help        print this
`;

/** What a program that has started this one may send: a server that is to be killed, or started again on its port. */
interface Order {
  readonly id: number;
  readonly kill?: string;
  readonly start?: string;
}

await runProgram({
  usage: USAGE,
  options: {
    only: { type: "string" },
    maybe: { type: "string", default: "" },
    also: { type: "string" },
    bring: { type: "boolean", default: false },
  },
  async run({ only, maybe, also, bring: isBringing }, undo) {
    const names = readNames("--only", only, NAMES);
    const perhaps = maybe === "" ? [] : readNames("--maybe", maybe, NAMES);
    const kinds = [...ALL, jaegerKind(also)].filter(
      (kind) => names.includes(kind.name) || (perhaps.includes(kind.name) && kind.missing() === undefined),
    );
    // A program that has started this one is told what comes up, gives orders, and takes it along when it ends, however far it is.
    const starter = process.connected === false ? Promise.resolve() : once(process, "disconnect");
    const up = bringUp(kinds, isBringing, undo);
    // What still comes or starts when the end comes is stopped, and says so.
    up.catch(() => {});
    await Promise.race([up, starter]);
    await starter;
    return [];
  },
});

async function bringUp(kinds: readonly ServerKind[], isBringing: boolean, undo: Undo): Promise<void> {
  if (isBringing) await bring(kinds, undo);
  const missing = kinds.map((kind) => kind.missing()).filter((text) => text !== undefined);
  if (missing.length > 0) throw new RunError(missing.join("\n"));
  const servers = new Map<string, Server>();
  process.on("message", (order) => void obey(order as Order, servers));
  await Promise.all(kinds.map((kind) => start(kind, servers, undo)));
  tell({ ready: true, password: PASSWORD });
}

async function start(kind: ServerKind, servers: Map<string, Server>, undo: Undo): Promise<void> {
  const began = performance.now();
  const server = await startServer(kind, undo);
  const { name } = kind;
  const { address, otlp } = server;
  servers.set(name, server);
  printProgress(`${name} is up after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  print(`${name.padEnd(12)}${address}`);
  tell({ name, address, otlp });
}

function tell(message: object): void {
  if (process.connected) process.send?.(message);
}

async function obey({ id, kill, start }: Order, servers: ReadonlyMap<string, Server>): Promise<void> {
  const daemon = servers.get(kill ?? start ?? "")?.daemon;
  try {
    if (kill !== undefined) await daemon?.kill();
    else if (daemon?.isRunning === false) await daemon.start();
    tell({ done: id });
  } catch (error) {
    tell({ done: id, problem: (error as Error).message });
  }
}
