// Makes the observatory one of a group of observers that read Kafka.

import { loadKafka } from "../../observatory/kafka/kafka-library.ts";
import { KafkaObserver } from "../../observatory/kafka/kafka-observer.ts";
import type { Elsewhere, Observatory } from "../../observatory/server/observatory.ts";
import type { CommandEnvironment } from "../environment.ts";
import { InputError } from "../input/input-error.ts";
import { reasonOf } from "../reason.ts";

const BROKER = /^[^\s,:/]+:\d{1,5}$/;
const GROUP = /^[a-zA-Z0-9._-]{1,200}$/;

/** What was given on the command line. */
export interface KafkaFlags {
  /** `host:port`, several with commas between. */
  readonly kafka: string;
  readonly topics: readonly string[];
  readonly group: string;
  /** Seconds. */
  readonly window: number;
  readonly keep: number;
}

/** An observer that reads Kafka. */
export interface FollowedKafka {
  /** What the whole group has counted. */
  readonly elsewhere: Elsewhere;
  /**
   * Joins the group.
   *
   * @throws InputError if no broker answers, or a topic is not there
   */
  follow(observatory: Observatory): Promise<void>;
  close(): Promise<void>;
}

/** @throws InputError if an option is wrong, or the client of Kafka is not there */
export async function readKafka(
  { kafka, topics, group, window, keep }: KafkaFlags,
  { err }: CommandEnvironment,
  now: () => number,
): Promise<FollowedKafka> {
  const brokers = kafka.split(",").map((broker) => broker.trim());
  const wrong = brokers.find((broker) => !BROKER.test(broker));
  if (wrong !== undefined)
    throw new InputError(`--kafka: expected host:port, with commas between, got ${JSON.stringify(wrong)}`);
  if (topics.length === 0) throw new InputError("--kafka needs --topic NAME");
  if (!GROUP.test(group))
    throw new InputError("--group: expected letters, digits, dots, underscores and hyphens");
  const library = await loadKafka().catch((error: unknown) => {
    throw new InputError(reasonOf(error));
  });
  let observatory: Observatory | undefined;
  const observer = new KafkaObserver(library, {
    ...{ brokers, topics, group, now, windowMs: window * 1000, keepMs: keep * 1000 },
    settled: (trace) => observatory?.show(trace),
    note: (topic, text) => observatory?.note(topic, text),
    say: (text) => err(`otel-error-tree: ${text}`),
  });
  return {
    elsewhere: observer.state,
    async follow(shown) {
      observatory = shown;
      try {
        await observer.start();
      } catch (error) {
        await observer.close();
        throw new InputError(reasonOf(error));
      }
    },
    close: () => observer.close(),
  };
}
