// Reads and writes the compacted topic that all observers of a group share.
import { randomUUID } from "node:crypto";
import type { Consumer, MessagesStream, Producer } from "@platformatic/kafka";
import type { KafkaLibrary } from "./kafka-library.ts";
import { encodeState, keyOf, type PartitionId, type StateRecord, stateKey } from "./partition-state.ts";

/** What every client of Kafka is made with. */
export interface ClientOptions {
  readonly clientId: string;
  readonly bootstrapBrokers: string[];
  readonly retries: boolean;
  readonly retryDelay: number;
}

/** Called for each record; without a value it is a tombstone. */
export type OnRecord = (key: string, value: Buffer | undefined) => void;

/** A broker takes no request above 1 MB unless it is told to. */
const MOST_BYTES = 900_000;
const PARTITION = 0;
const CAUGHT_UP_EVERY_MS = 20;

interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer;
  readonly value?: Buffer;
}

/** The compacted topic of a group. */
export function stateTopic(group: string): string {
  return `${group}-state`;
}

/** One partition, so that all records have one order. */
export class StateTopic {
  readonly #topic: string;
  readonly #reader: Consumer;
  readonly #producer: Producer;
  readonly #onRecord: OnRecord;
  readonly #onError: (error: Error) => void;
  #stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined;
  #isClosed = false;

  constructor(
    kafka: KafkaLibrary,
    topic: string,
    {
      client,
      onRecord,
      onError,
    }: { client: ClientOptions; onRecord: OnRecord; onError: (error: Error) => void },
  ) {
    this.#topic = topic;
    this.#onRecord = onRecord;
    this.#onError = onError;
    // Everybody reads all of it: a group of one's own.
    this.#reader = new kafka.Consumer({ ...client, groupId: `${topic}-${randomUUID()}`, autocommit: false });
    this.#producer = new kafka.Producer({ ...client, acks: -1 });
  }

  /** Reads from the beginning, and goes on with what comes. */
  async open(): Promise<void> {
    const stream = await this.#reader.consume({
      topics: [this.#topic],
      mode: "earliest",
      autocommit: false,
      maxWaitTime: 200,
    });
    this.#stream = stream;
    stream.on("data", ({ key, value }) => this.#onRecord(String(key ?? ""), value ?? undefined));
    stream.on("error", (error) => {
      this.#onError(error);
      if (!this.#isClosed) setTimeout(() => void this.open().catch(this.#onError), 1_000).unref();
    });
  }

  /** Resolves when everything has been read that was there at the call. */
  async caughtUp(): Promise<void> {
    const offsets = await this.#reader.listOffsets({ topics: [this.#topic] });
    const end = offsets.get(this.#topic)?.[PARTITION] ?? 0n;
    while (
      !this.#isClosed &&
      (this.#stream?.offsetsToFetch.get(`${this.#topic}:${PARTITION}`) ?? -1n) < end
    ) {
      await new Promise((resolve) => setTimeout(resolve, CAUGHT_UP_EVERY_MS));
    }
  }

  /** Writes states and tombstones in this order; resolves when they are there. */
  async write(records: readonly StateRecord[], id: PartitionId, dropped: readonly number[]): Promise<void> {
    const messages = [
      ...dropped.map((start) => this.#message(stateKey(id, start))),
      ...records.map((record) => this.#message(keyOf(record), encodeState(record))),
    ];
    let batch: Message[] = [];
    let bytes = 0;
    for (const message of messages) {
      const size = message.key.length + (message.value?.length ?? 0);
      if (batch.length > 0 && bytes + size > MOST_BYTES) {
        await this.#producer.send({ messages: batch });
        [batch, bytes] = [[], 0];
      }
      batch.push(message);
      bytes += size;
    }
    if (batch.length > 0) await this.#producer.send({ messages: batch });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stream?.removeAllListeners("error").on("error", () => {});
    await Promise.allSettled([this.#reader.close(true), this.#producer.close()]);
  }

  #message(key: string, value?: Buffer): Message {
    const common = { topic: this.#topic, partition: PARTITION, key: Buffer.from(key) };
    return value === undefined ? common : { ...common, value };
  }
}
