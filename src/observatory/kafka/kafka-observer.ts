// Takes part in a group of observers: folds the partitions that are its own, and shares their state with the others.
import type { Consumer, MessagesStream } from "@platformatic/kafka";
import type { OpenTrace } from "../intake/open-traces.ts";
import { kafkaReason } from "./kafka-error.ts";
import type { KafkaLibrary } from "./kafka-library.ts";
import { PartitionFold } from "./partition-fold.ts";
import { type PartitionId, stateKey } from "./partition-state.ts";
import { prepareTopics } from "./prepare-topics.ts";
import { RecordQueue } from "./record-queue.ts";
import { SharedState } from "./shared-state.ts";
import { type ClientOptions, StateTopic, stateTopic } from "./state-topic.ts";
import { type Listeners, Presence, tellLeftOut } from "./telling.ts";

/** What an observer needs. */
export interface KafkaObserverOptions extends Listeners {
  /** As `host:port`. */
  readonly brokers: readonly string[];
  /** Topics of events. */
  readonly topics: readonly string[];
  /** Of the consumers; the compacted topic is called after it. */
  readonly group: string;
  readonly windowMs: number;
  readonly keepMs: number;
  /** A trace that may have failed is whole. */
  readonly settled: (trace: OpenTrace) => void;
}

interface Own {
  readonly id: PartitionId;
  readonly fold: PartitionFold;
  /** The `next` that was written last, and whether what was pending was in it. */
  written: number;
  wasIdle: boolean;
  /** When a record came that was new. */
  lastCame: number;
  /** The first offset that is new to everybody. */
  readonly begin: number;
}

/** Measured with Kafka 4.1: partitions of a process that was killed move within 6 s; the client's own defaults take a minute. */
const MEMBERSHIP = { sessionTimeout: 6_000, heartbeatInterval: 1_000, rebalanceTimeout: 10_000 };
const RETRYING = { retries: true, retryDelay: 300 };
const WRITE_EVERY_MS = 500;
/** When nothing came for so long, what is pending is shown as it is. */
const IDLE_MS = 8_000;
const AGAIN_MS = 1_000;
/** So much of a topic comes at once. */
const FETCH_BYTES = 4 * 1024 * 1024;
const [EARLIEST, LATEST] = [-2n, -1n];
const CLOSE_MS = 5_000;
const [REPAIR_EVERY_MS, MOST_REPAIRED] = [60_000, 10_000];
/** One observer of a group. */
export class KafkaObserver {
  readonly state: SharedState;
  readonly #kafka: KafkaLibrary;
  readonly #options: KafkaObserverOptions;
  readonly #client: ClientOptions;
  readonly #topic: StateTopic;
  readonly #member: Consumer;
  readonly #presence: Presence;
  #stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined;
  #own: Own[] = [];
  /** Partitions change one after the other. */
  #owning: Promise<void> = Promise.resolve();
  #generation = 0;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  readonly #records: RecordQueue;
  /** Keys of damaged states, since then. */
  readonly #repaired = new Set<string>();
  #repairedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(kafka: KafkaLibrary, options: KafkaObserverOptions) {
    this.#kafka = kafka;
    this.#options = options;
    const { brokers, group, windowMs } = options;
    this.#client = { clientId: "otel-error-tree", bootstrapBrokers: [...brokers], ...RETRYING };
    this.state = new SharedState(windowMs, options.now);
    this.#records = new RecordQueue((error) =>
      options.note("kafka record", `A record of Kafka could not be taken: ${kafkaReason(error)}.`),
    );
    this.#presence = new Presence(brokers, options);
    this.#topic = new StateTopic(kafka, stateTopic(group), {
      client: this.#client,
      onRecord: (key, value) => this.#shared(key, value),
      onError: () => {},
    });
    this.#member = new kafka.Consumer({ ...this.#client, groupId: group, autocommit: false, ...MEMBERSHIP });
  }

  /**
   * Joins the group.
   *
   * @throws Error in words for people, if no broker answers or a topic is not there
   */
  async start(): Promise<void> {
    const { topics, group } = this.#options;
    await prepareTopics(this.#kafka, this.#client, { topics, compacted: stateTopic(group) });
    await this.#reach();
    await this.#topic.open();
    await this.#topic.caughtUp();
    const member = this.#member;
    member.on("consumer:group:join", () => this.#joined());
    member.on("consumer:heartbeat:end", () => this.#presence.answered());
    member.on("error", () => {});
    // Kept, so that a stream may be closed and opened without leaving the group.
    member.topics.trackAll(...topics);
    this.#timer = setInterval(() => this.#tick(), WRITE_EVERY_MS);
    await member.joinGroup(MEMBERSHIP);
  }

  /** Leaves the group, so that others take over at once; does not wait for a Kafka that is away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#generation++;
    const patience = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([this.#leave().catch(() => {}), patience]);
  }

  async #leave(): Promise<void> {
    await this.#owning.catch(() => {});
    await this.#writing;
    await this.#write().catch(() => {});
    await this.#closeStream();
    await this.#member.close(true).catch(() => {});
    await this.#topic.close();
  }

  #joined(): void {
    const generation = ++this.#generation;
    this.#presence.answered();
    // What was folded here may be somebody else's from now on.
    this.#own = [];
    this.#owning = this.#owning.catch(() => {}).then(() => this.#takeOver(generation));
    this.#owning.catch(() => this.#again(generation));
  }

  #again(generation: number): void {
    setTimeout(() => {
      if (generation === this.#generation && !this.#isClosed) this.#joined();
    }, AGAIN_MS).unref();
  }

  async #takeOver(generation: number): Promise<void> {
    await this.#closeStream();
    const isOver = (): boolean => generation !== this.#generation || this.#isClosed;
    if (isOver()) return;
    const ids = (this.#member.assignments ?? []).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    if (ids.length === 0) return;
    // What was being written must not come after what is read now.
    await this.#writing;
    await this.#topic.caughtUp();
    await this.#reach();
    const { topics } = this.#options;
    const earliest = await this.#member.listOffsets({ topics: [...topics], timestamp: EARLIEST });
    if (isOver()) return;
    const own = ids.map((id) => this.#begin(id, Number(earliest.get(id.topic)?.[id.partition] ?? 0n)));
    const byId = new Map(own.map((one) => [stateKey(one.id), one]));
    const stream = await this.#member.consume({
      topics: [...topics],
      mode: "manual",
      offsets: own.map(({ id, fold }) => ({ ...id, offset: BigInt(Math.max(fold.start, fold.next)) })),
      fallbackMode: "fail",
      autocommit: false,
      maxWaitTime: 200,
      maxBytes: FETCH_BYTES,
    });
    this.#stream = stream;
    this.#own = own;
    stream.on("error", () => {
      if (!isOver()) this.#again(generation);
    });
    stream.on("data", ({ topic, partition, offset, timestamp, key, value }) => {
      const one = byId.get(stateKey({ topic, partition }));
      if (one === undefined || isOver()) return;
      if (Number(offset) >= one.begin) one.lastCame = this.#options.now();
      const record = {
        offset: Number(offset),
        timestamp: Number(timestamp),
        hasKey: (key?.length ?? 0) > 0,
        value: value ?? Buffer.alloc(0),
      };
      this.#records.add(() => (isOver() ? undefined : one.fold.take(record)), stream);
    });
  }

  #begin(id: PartitionId, earliest: number): Own {
    const { windowMs, keepMs, now, settled } = this.#options;
    const known = this.state.known(id);
    const fold = new PartitionFold({ id, windowMs, keepMs, known, begin: earliest, settled });
    if (fold.start < earliest) fold.skipTo(earliest);
    const begin = known?.head.next ?? earliest;
    // What was pending stays on the page until something comes.
    const wasIdle = (known?.head.tail.length ?? 0) > 0;
    const lastCame = wasIdle ? 0 : now();
    return { id, fold, written: known?.head.next ?? -1, wasIdle, lastCame, begin };
  }

  #tick(): void {
    this.state.refresh();
    tellLeftOut(this.state, this.#options.note);
    this.#presence.look();
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#writing = this.#write()
      .catch((error: unknown) =>
        this.#options.note("kafka state", `The state is not written: ${kafkaReason(error)}.`),
      )
      .finally(() => {
        this.#isWriting = false;
      });
  }

  async #write(): Promise<void> {
    if (this.state.isWaiting) await this.#reach();
    const generation = this.#generation;
    let failure: { readonly error: unknown } | undefined;
    for (const one of this.#own) {
      const isIdle = this.#options.now() - one.lastCame >= IDLE_MS;
      if (one.fold.next === one.written && isIdle === one.wasIdle) continue;
      const snapshot = await this.#records.between(() => one.fold.snapshot(isIdle));
      if (snapshot === undefined) continue;
      const { windows, dropped, head } = snapshot;
      try {
        await this.#topic.write(windows, one.id, dropped);
        if (generation !== this.#generation && !this.#isClosed) return;
        await this.#topic.write([head], one.id, []);
      } catch (error) {
        // What is too large for the broker, for example, keeps no other partition from it.
        one.fold.unwritten(snapshot);
        failure ??= { error };
        continue;
      }
      [one.written, one.wasIdle] = [head.next, isIdle];
      this.#presence.answered();
    }
    if (failure !== undefined) throw failure.error;
    this.#options.note("kafka state", undefined);
  }

  /** A record of the compacted topic came. */
  #shared(key: string, value: Buffer | undefined): void {
    const taken = this.state.take(key, value);
    const isTombstone = value === undefined || value.length === 0;
    if (taken === "older" || (taken === "newer" && isTombstone)) this.#writeAgain(key);
    if (taken === "unknown") this.#repair(key);
  }

  /** What is damaged is written anew, each key once a minute: what is refused may be what was written here. */
  #repair(key: string): void {
    const now = this.#options.now();
    if (now - this.#repairedAt >= REPAIR_EVERY_MS) {
      this.#repaired.clear();
      this.#repairedAt = now;
    }
    if (this.#repaired.size >= MOST_REPAIRED || this.#repaired.has(key)) return;
    this.#repaired.add(key);
    this.#writeAgain(key);
  }

  /** Somebody who did not know that the partition is no longer his, or something damaged: whoever has it now writes it again. */
  #writeAgain(key: string): void {
    for (const one of this.#own) {
      const own = stateKey(one.id);
      if (key === own) one.written = -1;
      else if (key.startsWith(`${own}/`) && one.fold.rewrite(Number(key.slice(own.length + 1))))
        one.written = -1;
    }
  }

  /** Asks how far the partitions reach, for states of offsets beyond what was known. */
  async #reach(): Promise<void> {
    const ends = await this.#member.listOffsets({ topics: [...this.#options.topics], timestamp: LATEST });
    const refused = this.state.reach(({ topic, partition }) => {
      const end = ends.get(topic)?.[partition];
      return end === undefined ? undefined : Number(end);
    });
    for (const key of refused) this.#repair(key);
  }

  async #closeStream(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined) return;
    stream
      .removeAllListeners("data")
      .removeAllListeners("error")
      .on("error", () => {});
    await stream.close().catch(() => {});
  }
}
