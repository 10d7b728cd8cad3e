// The rows of queues: a service that sends, a service that works, a real broker between them.
import { setTimeout as sleep } from "node:timers/promises";
import { readErrorTree } from "otel-error-tree";
import { until } from "../../../../collector-config/run/until.ts";
import { ELASTICMQ } from "../../../../collector-config/servers/elasticmq.ts";
import { KAFKA } from "../../../../collector-config/servers/kafka.ts";
import { NATS } from "../../../../collector-config/servers/nats.ts";
import { RABBITMQ } from "../../../../collector-config/servers/rabbitmq.ts";
import { REDIS } from "../../../../collector-config/servers/redis.ts";
import type { ServerKind } from "../../../../collector-config/servers/server.ts";
import type { ReceivedSpan } from "../../../../examples/lab/receiver.ts";
import { NodeProcess } from "../../../support/process/node-process.ts";
import { attributesOf } from "../../../support/services.ts";
import type { Row, Stage, Table } from "../table.ts";
import { ATTEMPTS } from "./driver.ts";

type Case = "throws" | "bare" | "poison" | "redelivered" | "request" | "killed";

/** A client, and what is known of a message by it. */
interface Client {
  readonly driver: string;
  readonly client: string;
  readonly server: ServerKind;
  /** What is exported of a handler that fails, without `consume`. */
  readonly bare: "nothing" | "that it failed" | "type and message";
  /** The broker, or the client, tells the number of an attempt. */
  readonly counts: boolean;
  /** A reply can be waited for. */
  readonly replies: boolean;
}

const CLIENTS: readonly Client[] = [
  {
    driver: "amqplib",
    client: "amqplib",
    server: RABBITMQ,
    bare: "that it failed",
    counts: true,
    replies: true,
  },
  {
    driver: "kafkajs",
    client: "kafkajs",
    server: KAFKA,
    bare: "type and message",
    counts: false,
    replies: false,
  },
  {
    driver: "kafkajs-batch",
    client: "kafkajs, eachBatch",
    server: KAFKA,
    // Its spans have links to the producers', and traces of their own.
    bare: "nothing",
    counts: false,
    replies: false,
  },
  {
    driver: "platformatic",
    client: "@platformatic/kafka",
    server: KAFKA,
    bare: "nothing",
    counts: false,
    replies: false,
  },
  {
    driver: "nats",
    client: "@nats-io/transport-node",
    server: NATS,
    bare: "nothing",
    counts: true,
    replies: true,
  },
  {
    driver: "sqs",
    client: "@aws-sdk/client-sqs",
    server: ELASTICMQ,
    bare: "nothing",
    counts: true,
    replies: false,
  },
  { driver: "bullmq", client: "bullmq", server: REDIS, bare: "nothing", counts: true, replies: false },
];

export const QUEUES: Table<Case> = {
  title: "client",
  cases: {
    throws:
      "a handler in consume throws: its tree is exported, in the producer's trace, with type and message",
    bare: "the same without consume: what the stock instrumentation says",
    poison:
      "tried three times, then a dead letter: a tree for each attempt, which it names if the broker counts, all of one kind",
    redelivered: "the consumer is killed in the middle, and the next one fails: a tree of its own",
    request: "who waits for the reply answers with the consumer's tree beneath its request",
    killed: "the broker is killed in the middle: both services answer, export what failed, and end in time",
  },
  rows: CLIENTS.map(rowOf),
};

const SERVICE = new URL("./service.ts", import.meta.url);
const OTEL = new URL("./otel.ts", import.meta.url);
const ARRIVES_MS = 20_000;
/** So long a service may take to end when its broker is gone. */
const END_MS = 12_000;
const CONSUMER = 5;
const SERVER = 2;

function rowOf({ driver, client, server, bare, counts, replies }: Client): Row<Case> {
  return {
    client,
    server,
    async set(stage) {
      const start = (role: "orders" | "invoicing"): Promise<NodeProcess> => startService(role, driver, stage);
      const orders = await start("orders");
      let invoicing = await start("invoicing");
      const { receiver } = stage;
      /** Has it sent in a request of its own; returns the trace. */
      const send = async (body: string, path = "send"): Promise<Sent> => {
        const traced = orders.told("traceId") as Promise<string>;
        const ask = { headers: { "x-error-tree": "v=1, f=json" } };
        const response = await fetch(`${orders.url}/${path}?body=${encodeURIComponent(body)}`, ask);
        return { traceId: await traced, response, text: await response.text() };
      };
      const roots = async ({ traceId }: Sent, count: number): Promise<readonly ReceivedSpan[]> =>
        await until(
          `${count} trees of trace ${traceId}`,
          () => {
            const found = receiver.spansOf(traceId).filter(isRoot);
            return found.length >= count && found;
          },
          ARRIVES_MS,
        );
      const says = (span: ReceivedSpan | undefined, body: string): string[] => {
        const text = textOf(span);
        const wanted = `failed: invoicing process work failed: NoSuchCustomer: no customer for ${body}`;
        const isWanted = text
          .replace(/invoicing .*? failed:/, "invoicing process work failed:")
          .startsWith(wanted);
        return isWanted ? [] : [`told ${JSON.stringify(text)}, not ${wanted}`];
      };
      return {
        throws: async () => {
          const sent = await send("throws");
          const [root] = await roots(sent, 1);
          const { kind } = root as ReceivedSpan;
          return [...says(root, "throws"), ...(kind === CONSUMER ? [] : [`a span of kind ${kind}`])];
        },
        bare: async () => {
          const told = invoicing.told("handling", (body) => body === "bare");
          const sent = await send("bare");
          await told;
          const found =
            bare === "nothing" ? await later(() => receiver.spansOf(sent.traceId)) : await roots(sent, 1);
          if (bare === "nothing") return found.length === 0 ? [] : [`told ${textOf(found[0])}`];
          return (bare === "type and message") === (says(found[0], "bare").length === 0)
            ? []
            : [`told ${textOf(found[0])}`];
        },
        poison: async () => {
          const buried = invoicing.told("buried", (body) => body === "poison");
          const sent = await send("poison");
          const found = await roots(sent, ATTEMPTS);
          await buried;
          const attempts = found.map((span) => attributesOf(span)["error_tree.attempt"]);
          const wanted = counts
            ? [driver === "amqplib" ? undefined : "1", "2", "3"]
            : [undefined, undefined, undefined];
          const after = (await later(() => receiver.spansOf(sent.traceId).filter(isRoot))).length;
          return [
            ...found.flatMap((span) => says(span, "poison")),
            ...(String(attempts) === String(wanted) ? [] : [`attempts ${attempts}, not ${wanted}`]),
            ...(new Set(found.map((span) => attributesOf(span)["error_tree.fingerprint"])).size === 1
              ? []
              : ["several kinds"]),
            ...(after === ATTEMPTS ? [] : [`${after} trees`]),
          ];
        },
        redelivered: async () => {
          const told = invoicing.told("handling", (body) => body === "slow redelivered");
          const sent = await send("slow redelivered");
          await told;
          await invoicing.stop();
          invoicing = await start("invoicing");
          const [root] = await roots(sent, 1);
          return says(root, "slow redelivered");
        },
        ...(replies && {
          request: async () => {
            const sent = await send("failing", "request");
            const well = await send("well", "request");
            const [answer, none] = [sent, well].map(
              ({ response }) => response.headers.get("x-error-tree") ?? "",
            );
            const tree = readErrorTree(answer ?? "");
            const callee = tree?.root.children[0];
            const spans = await until(
              "both services in one trace",
              () => {
                const found = receiver.spansOf(sent.traceId);
                return found.some(({ service }) => service === "invoicing") && found;
              },
              ARRIVES_MS,
            );
            const client = spans.find(({ name }) => name === "request invoice");
            const beneath = spans.find(({ name }) => name === "process requests");
            return [
              ...(callee?.service === "invoicing" && callee.message === "no customer for failing"
                ? []
                : [`answered ${answer}`]),
              ...(readErrorTree(none ?? "") === undefined && well.response.status === 202
                ? []
                : [`answered ${none}`]),
              ...(beneath?.kind === SERVER && beneath.parentSpanId === client?.spanId
                ? []
                : ["the consumer's span does not stand beneath the request's"]),
            ];
          },
        }),
        killed: async () => {
          const told = invoicing.told("handling", (body) => body === "slow killed");
          const sent = await send("slow killed");
          await told;
          await stage.server.daemon.kill();
          // An instrumentation may end its span at once, and say that the channel was closed.
          await until(
            `a tree that says what the handler threw, in trace ${sent.traceId}`,
            () =>
              receiver
                .spansOf(sent.traceId)
                .some((span) => isRoot(span) && says(span, "slow killed").length === 0),
            ARRIVES_MS,
          );
          const problems: string[] = [];
          for (const service of [orders, invoicing]) {
            const began = performance.now();
            await service.ask("ready");
            await Promise.race([service.ask("shutdown"), sleep(END_MS)]);
            if (performance.now() - began > END_MS - 100) problems.push(`${service.name} did not end`);
          }
          return problems;
        },
      };
    },
  };
}

/** What was sent in one request. */
interface Sent {
  readonly traceId: string;
  readonly response: Response;
  readonly text: string;
}

async function startService(
  role: string,
  driver: string,
  { server, receiver, undo }: Stage,
): Promise<NodeProcess> {
  return await NodeProcess.listening(SERVICE, {
    name: role,
    imports: [OTEL],
    undo,
    env: {
      SERVICE_NAME: role,
      ROLE: role,
      DRIVER: driver,
      BROKER: server.address,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_ERROR_TREE_SECRET: "k1:0123456789abcdef0123456789abcdef",
      OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity",
      TEST_LIMITS: JSON.stringify({ settleMs: 100, exportDelayMs: 0 }),
      AWS_REGION: "elasticmq",
    },
  });
}

/** The first span of an exported tree. */
function isRoot(span: ReceivedSpan): boolean {
  return attributesOf(span)["error_tree.text"] !== undefined;
}

function textOf(span: ReceivedSpan | undefined): string {
  return String(attributesOf(span)["error_tree.text"]);
}

/** What there is after a time in which more would have come. */
async function later<T>(look: () => T): Promise<T> {
  await sleep(500);
  return look();
}
