// The lab's seven services, each as two replicas on addresses of their own, and how a secret is rolled through them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { readAccounts } from "../../../examples/lab/account.ts";
import { chanceOf } from "../../../examples/lab/chance.ts";
import type { Accounts } from "../../../examples/lab/expected-tree.ts";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { readTopology, type Service, type Topology } from "../../../examples/lab/topology.ts";
import { PeerAgent, type Peers } from "./peer-agent.ts";
import { type Replica, startReplica } from "./replica.ts";
import { WINDOW_MS } from "./token.ts";

const SEVEN = fileURLToPath(new URL("../../../examples/lab/topologies/seven.yaml", import.meta.url));
const CLIENT = "127.0.1.201";
/** Leaves fail so often that half of all requests see a failure. */
const LEAF_FAIL_RATE = "0.15";
/** By how much a clock is wrong at most: two of them are not quite five minutes apart, for a token takes time on its way. */
const FAR_MS = WINDOW_MS / 2 - 10_000;
/** So long after a replica was started its window turns: by then it is in use. */
const UNTIL_TURN_MS = 4_000;
/** Replicas that are started anew at the same time, never two of one service. */
const HANDS = 2;

/** One of the two places where a service runs. */
interface Place {
  readonly name: string;
  readonly service: Service;
  readonly host: string;
  /** By how much the clock of a replica is wrong that starts now, in milliseconds. */
  readonly shiftMs: () => number;
  replica: Replica | undefined;
  inUse: boolean;
}

/** Starts all of it with a secret; it runs until `undo`. */
export async function setStage(secret: string, undo: Undo): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "error-tree-trust-"));
  await undo.add(() => rmSync(folder, { recursive: true }));
  const receiver = await startReceiver({ maxSpans: 1_000 });
  await undo.add(() => receiver.close());
  const stage = new Stage(readTopology(SEVEN), receiver, folder, undo);
  await stage.start(secret);
  return stage;
}

export class Stage {
  readonly topology: Topology;
  /** The client's way to the entry. */
  readonly client: PeerAgent = new PeerAgent(CLIENT);
  /** Rejects when a replica stops by itself. */
  readonly died: Promise<never>;
  readonly #receiver: Receiver;
  readonly #folder: string;
  readonly #undo: Undo;
  readonly #places: readonly Place[];
  readonly #replicas: Replica[] = [];
  #reportDeath: (error: unknown) => void = () => {};
  #rolls = 0;

  constructor(topology: Topology, receiver: Receiver, folder: string, undo: Undo) {
    this.topology = topology;
    this.#receiver = receiver;
    this.#folder = folder;
    this.#undo = undo;
    this.#places = placesOf(topology);
    this.died = new Promise((_, reject) => {
      this.#reportDeath = reject;
    });
    this.died.catch(() => {});
  }

  /** Every replica that was ever started. */
  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  /** The replicas that may be called now. */
  get inUse(): readonly Replica[] {
    return this.#places.flatMap(({ replica, inUse }) => (inUse && replica !== undefined ? [replica] : []));
  }

  async start(secret: string): Promise<void> {
    await Promise.all(this.#places.map((place) => this.#startAt(place, secret)));
    for (const place of this.#places) place.inUse = true;
    await this.#tellPeers();
  }

  /** Gives every replica another secret, service by service in an order that is never the same. */
  async roll(secret: string): Promise<void> {
    const roll = this.#rolls++;
    const dice = (service: Service): number => chanceOf(roll, service.name, "", "");
    const services = [...this.topology.services.values()].sort((a, b) => dice(a) - dice(b));
    const hand = async (): Promise<void> => {
      for (let service = services.pop(); service !== undefined; service = services.pop()) {
        const { name } = service;
        for (const place of this.#places.filter((one) => one.service.name === name))
          await this.#restart(place, secret);
      }
    };
    await Promise.race([this.died, Promise.all(Array.from({ length: HANDS }, hand))]);
  }

  /** Asks every replica that runs what it saw. */
  async listen(): Promise<void> {
    await Promise.all(this.#places.map(({ replica }) => replica?.ask()));
  }

  /** What the services say they did, by request; complete for every request that was answered. */
  accounts(): ReadonlyMap<string, Accounts> {
    return readAccounts(this.#accountsFile);
  }

  /** Takes a replica out of use, ends it in order, starts another in its place, and takes that into use. */
  async #restart(place: Place, secret: string): Promise<void> {
    const { replica } = place;
    place.inUse = false;
    await this.#tellPeers();
    await replica?.ask();
    place.replica = undefined;
    await replica?.stop();
    await this.#startAt(place, secret);
    place.inUse = true;
    await this.#tellPeers();
  }

  /** Tells everybody whom to call; resolves when nothing is in flight to anybody else. */
  async #tellPeers(): Promise<void> {
    const peers: Peers = peersOf(this.inUse);
    await Promise.all([this.client.use(peers), ...this.#places.map(({ replica }) => replica?.ask(peers))]);
  }

  async #startAt(place: Place, secret: string): Promise<void> {
    const { name, service, host } = place;
    const { environment, downstreams } = service;
    const replica = await startReplica({
      name,
      service: service.name,
      host,
      undo: this.#undo,
      env: {
        ...environment,
        ...(downstreams.length === 0 ? { FAIL_RATE: LEAF_FAIL_RATE } : undefined),
        DOWNSTREAMS: downstreams.map((downstream) => `http://${downstream}`).join(","),
        OBSERVER_LOG: this.#accountsFile,
        // The same code is loaded some seventy times: without it a start takes half as long again.
        NODE_COMPILE_CACHE: join(this.#folder, "compiled"),
        CLOCK_SHIFT_MS: String(place.shiftMs()),
        OTEL_ERROR_TREE_SECRET: secret,
        OTEL_ERROR_TREE_HEADER_BYTES: "2048",
        OTEL_EXPORTER_OTLP_ENDPOINT: this.#receiver.url,
      },
    });
    replica.died().catch(this.#reportDeath);
    this.#replicas.push(replica);
    place.replica = replica;
  }

  get #accountsFile(): string {
    return join(this.#folder, "accounts.jsonl");
  }
}

function peersOf(replicas: readonly Replica[]): Peers {
  const peers: Record<string, string[]> = {};
  for (const { service, address } of replicas) peers[service] = [...(peers[service] ?? []), address];
  return peers;
}

/**
 * Two places for each service. In the one the window turns soon after a replica has started. In the other the clock is as
 * far behind as may be, or as far ahead, by turns on the way down: caller and callee are in neighbouring windows.
 */
function placesOf(topology: Topology): Place[] {
  return [...topology.services.values()].flatMap((service, i) => {
    const { name } = service;
    const far = depthOf(topology, name) % 2 === 0 ? -FAR_MS : FAR_MS;
    const idle = { service, replica: undefined, inUse: false };
    return [
      { ...idle, name: `${name}-a`, host: `127.0.1.${i + 1}`, shiftMs: untilTurn },
      { ...idle, name: `${name}-b`, host: `127.0.1.${i + 101}`, shiftMs: () => far },
    ];
  });
}

/** The shift after which the next turn is {@link UNTIL_TURN_MS} away, or as near to that as a clock may be wrong. */
function untilTurn(): number {
  const shift = (2 * WINDOW_MS - UNTIL_TURN_MS - (Date.now() % WINDOW_MS)) % WINDOW_MS;
  return Math.max(-FAR_MS, Math.min(FAR_MS, shift < WINDOW_MS / 2 ? shift : shift - WINDOW_MS));
}

function depthOf({ root, services }: Topology, name: string): number {
  if (name === root) return 0;
  const caller = [...services.values()].find(({ downstreams }) => downstreams.includes(name));
  return 1 + depthOf({ root, services }, caller?.name ?? root);
}
