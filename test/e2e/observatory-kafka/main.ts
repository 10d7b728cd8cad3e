// `npm run e2e:observatory-kafka`: three observers of one group over a real Kafka; one is killed, the broker is, partitions move: all show the same, each event once.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Admin } from "@platformatic/kafka";
import { readWholeNumber } from "../../../collector-config/program/arguments.ts";
import { print, printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { startCollector } from "../../../collector-config/run/collector.ts";
import { startKafka } from "../../../collector-config/run/kafka.ts";
import { requirePrograms } from "../../../collector-config/run/single.ts";
import { until } from "../../../collector-config/run/until.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { Observer } from "./observer.ts";
import { type Expected, Traffic } from "./traffic.ts";

const USAGE = `Usage: npm run e2e:observatory-kafka -- [options]

Three observers in one consumer group over a real Kafka, and a single one in a group of its own. Plain events, spans and
metrics, the latter two as a real Collector writes them. One observer is killed and started again, the broker is, another
observer joins and leaves: in the end all of them show the same picture, with every event in it once. Some two minutes;
needs npm run tools -- --only kafka,collector.

  --rounds NUMBER  how much traffic there is in each part of it (default: 20)
  --help           print this
`;
const EVENTS = "events";
const SPANS = "otlp_spans";
const METRICS = "otlp_metrics";
const TOPICS = [EVENTS, SPANS, METRICS];
const PARTITIONS = 6;
const GROUP = "observers";
const ROUND_MS = 250;
/** Of partitions whose owner was killed. */
const MOST_MOVING_MS = 8_000;
const PATIENCE_MS = 90_000;
const NONSENSE = 3;

await runProgram({
  name: "observatory-kafka",
  usage: USAGE,
  options: { rounds: { type: "string", default: "20" } },
  verdict: "all observers show the same, and every event once",
  run: ({ rounds }, undo) => run(readWholeNumber("--rounds", rounds, 1, 10_000), undo),
});

async function run(rounds: number, undo: Undo): Promise<string[]> {
  requirePrograms("collector", "kafka");
  const folder = mkdtempSync(join(tmpdir(), "observatory-kafka-"));
  await undo.add(() => rmSync(folder, { recursive: true, force: true }));
  printProgress("starting Kafka and a Collector");
  const kafka = await startKafka({ folder: join(folder, "kafka"), undo, partitions: PARTITIONS });
  await createTopics(kafka.broker);
  const collector = await startCollector({
    pipeline: "kafka-writer",
    folder: join(folder, "collector"),
    environment: { KAFKA_BROKERS: `[${kafka.broker}]`, KAFKA_TOPIC: SPANS },
    overrides: withMetrics(kafka.broker),
    undo,
  });
  const from = Date.now() - 60_000;
  const traffic = new Traffic(kafka.broker, EVENTS, collector.otlpHttp);
  await undo.add(() => traffic.close());
  const common = { broker: kafka.broker, topics: TOPICS, undo };
  const observers: Observer[] = [];
  for (const name of ["first", "second", "third"])
    observers.push(await Observer.start(name, { ...common, group: GROUP }));
  const single = await Observer.start("single", { ...common, group: "single" });
  const [first, second, third] = observers as [Observer, Observer, Observer];

  const send = async (what: string, isWhole = true): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      printProgress(`${what}: ${traffic.events} events`);
      await traffic.tokens();
      if (isWhole && round % 5 === 0) {
        await traffic.traces(20);
        await traffic.metrics();
      }
      await delay(ROUND_MS);
    }
  };
  const show = (who: readonly Observer[]): Promise<number> => untilShown(who, traffic.expected, from);

  await traffic.nonsense(NONSENSE);
  await send("three observers");
  print(
    `three observers show everything ${seconds(await show([...observers, single]))} after the last event`,
  );

  await second.kill();
  const killed = performance.now();
  // To every partition comes something that its old owner has not seen.
  await traffic.tokens();
  await show([first, third]);
  const moved = performance.now() - killed;
  print(`one was killed: what came after it is shown ${seconds(moved)} after it`);
  await send("one was killed");
  await second.again();
  await send("it is back");
  print(
    `it is back: all show everything ${seconds(await show([...observers, single]))} after the last event`,
  );

  await kafka.daemon.kill();
  const sending = send("the broker was killed", false);
  await delay(2_000);
  await kafka.daemon.start();
  await sending;
  print(
    `the broker was killed and started: all show everything ${seconds(await show([...observers, single]))} after the last event`,
  );

  const fourth = await Observer.start("fourth", { ...common, group: GROUP });
  await send("a fourth one has joined");
  await show([...observers, fourth, single]);
  const exitCode = await fourth.end();
  await send("it has left");
  print(
    `a fourth one joined and left: all show everything ${seconds(await show([...observers, single]))} after the last event`,
  );
  return await problemsOf([...observers, single], { traffic, from, moved, exitCode });
}

async function createTopics(broker: string): Promise<void> {
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [broker] });
  await admin.createTopics({ topics: TOPICS, partitions: PARTITIONS, replicas: 1 });
  await admin.close();
}

function withMetrics(broker: string): object {
  return {
    exporters: {
      "kafka/metrics": {
        brokers: [broker],
        metrics: { topic: METRICS, encoding: "otlp_proto" },
        partition_metrics_by_resource_attributes: true,
      },
    },
    service: {
      pipelines: {
        "metrics/kafka": {
          receivers: ["otlp"],
          processors: ["memory_limiter"],
          exporters: ["kafka/metrics"],
        },
      },
    },
  };
}

/** How long it takes until they show all that there was. */
async function untilShown(observers: readonly Observer[], expected: Expected, from: number): Promise<number> {
  const start = performance.now();
  let last = "";
  try {
    await until(
      "all observers show everything",
      async () => {
        for (const observer of observers) {
          const shown = requestsIn(await observer.picture(from, Date.now() + 60_000));
          last = `${observer.name} ${JSON.stringify(shown)}`;
          for (const [edge, requests] of expected) if (shown[edge] !== requests) return false;
        }
        return true;
      },
      PATIENCE_MS,
    );
  } catch (error) {
    const printed = observers.map(({ name, printed }) => `${name}: ${printed}`).join("\n");
    throw new Error(`${String(error)}\nexpected ${JSON.stringify([...expected])}\nlast ${last}\n${printed}`);
  }
  return performance.now() - start;
}

function requestsIn({ edges }: Picture): Record<string, number> {
  return Object.fromEntries(
    edges.map(({ client, server, requests }) => [`${client} -> ${server}`, requests]),
  );
}

interface Run {
  readonly traffic: Traffic;
  readonly from: number;
  readonly moved: number;
  readonly exitCode: number | null;
}

async function problemsOf(
  observers: readonly Observer[],
  { traffic, from, moved, exitCode }: Run,
): Promise<string[]> {
  const problems: string[] = [];
  const to = Date.now() + 60_000;
  const pictures = await Promise.all(observers.map((observer) => observer.picture(from, to)));
  const texts = pictures.map(({ edges, nodes }) =>
    JSON.stringify({ edges, nodes: nodes.map(({ name, kind }) => ({ name, kind })) }),
  );
  for (const [i, text] of texts.entries()) {
    if (text !== texts.at(-1))
      problems.push(`${observers[i]?.name} shows ${text}\nthe single one ${texts.at(-1)}`);
  }
  const shown = requestsIn(pictures[0] as Picture);
  for (const [edge, requests] of traffic.expected) {
    print(`${edge}: ${requests} sent, ${shown[edge]} shown`);
    if (shown[edge] !== requests) problems.push(`${edge}: ${requests} were sent, ${shown[edge]} are shown`);
  }
  for (const [i, { doubts }] of pictures.entries()) {
    const notes = doubts.notes.join(" ");
    for (const wanted of [
      `Records in Kafka that could not be read: ${NONSENSE + 1}; the first: `,
      "Records in Kafka without a key, so that edges may be missing: 1.",
    ]) {
      if (!notes.includes(wanted)) problems.push(`${observers[i]?.name} does not say "${wanted}": ${notes}`);
    }
  }
  if (moved > MOST_MOVING_MS) problems.push(`partitions moved after ${seconds(moved)}`);
  if (exitCode !== 0) problems.push(`the fourth one ended with exit code ${exitCode}`);
  return problems;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
