// A real Kafka broker, which is its own controller.
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Undo } from "../program/undo.ts";
import { PROGRAMS } from "../tools/files.ts";
import { logOf, runStep } from "../tools/step.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { freePorts, HOST } from "./free-ports.ts";

const JAVA = [
  "-Xmx512m",
  "-XX:-UsePerfData",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
  "-cp",
  join(PROGRAMS.kafka, "*"),
];
const READY = "Kafka Server started";

/** How a broker is started. */
export interface KafkaOptions {
  /** A folder of its own: the topics, log. */
  readonly folder: string;
  readonly undo: Undo;
  /** Of every topic that is made by being written to. @default 4 */
  readonly partitions?: number;
}

/** Starts a broker on free ports and waits until it takes requests. */
export async function startKafka({ folder, undo, partitions = 4 }: KafkaOptions): Promise<Kafka> {
  const ports = await freePorts("broker", "controller");
  const file = join(folder, "server.properties");
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, properties(ports, join(folder, "data"), partitions));
  const id = Buffer.from(randomUUID().replaceAll("-", ""), "hex")
    .toString("base64url")
    .replaceAll(/^-/g, "A");
  await runStep(
    { program: "java", args: [...JAVA, "kafka.tools.StorageTool", "format", "-t", id, "-c", file], folder },
    logOf("kafka-format"),
    undo,
    true,
  );
  let starts = 0;
  const daemon = await startDaemon(
    {
      name: "kafka",
      program: "java",
      args: [...JAVA, "kafka.Kafka", file],
      folder,
      // Once more than before: the log goes on from start to start.
      isReady: ({ said }) => {
        const times = said.split(READY).length - 1;
        if (times <= starts) return false;
        starts = times;
        return true;
      },
      readyTimeoutMs: 120_000,
    },
    undo,
  );
  return { daemon, broker: `${HOST}:${ports.broker}` };
}

/** A broker on a port that stays the same when it is started again. */
export interface Kafka {
  /** To stop, kill, start again. */
  readonly daemon: Daemon;
  /** `host:port` */
  readonly broker: string;
}

function properties(
  { broker, controller }: Readonly<Record<"broker" | "controller", number>>,
  data: string,
  partitions: number,
): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${HOST}:${controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://${HOST}:${broker},CONTROLLER://${HOST}:${controller}
advertised.listeners=PLAINTEXT://${HOST}:${broker}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${data}
num.partitions=${partitions}
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`;
}
