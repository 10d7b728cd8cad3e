// The processes around the proxies: the services behind them, and the asker and a stranger before them.
import { fileURLToPath } from "node:url";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { type Lab, startLab } from "../../../examples/lab/lab.ts";
import { readTopology } from "../../../examples/lab/topology.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import type { Asked, Counts, Errand } from "./asker.ts";
import type { Upstreams } from "./proxies.ts";
import { type Received, receiveByHttp } from "./receive.ts";

const SERVICE = new URL("./service.ts", import.meta.url);
const ASKER = new URL("./asker.ts", import.meta.url);
const TOPOLOGY = fileURLToPath(new URL("../../../examples/lab/topologies/seed.yaml", import.meta.url));

/** Starts all of them; they run until `undo`. */
export async function setStage(undo: Undo): Promise<Stage> {
  const start = (program: URL, env = {}): NodeProcess => new NodeProcess(program, { env, undo });
  const on = start(SERVICE);
  const wide = start(SERVICE, { OTEL_ERROR_TREE_HEADER_BYTES: "2048" });
  const off = start(SERVICE, { OTEL_ERROR_TREE_DISABLED: "true" });
  const asker = start(ASKER);
  await Promise.all([on.listens(), wide.listens(), off.listens(), asker.told("ready")]);
  const lab: Lab = await startLab(readTopology(TOPOLOGY), { basePort: 0 });
  await undo.add(() => lab.stop());
  const upstreams: Upstreams = {
    on: on.port,
    wide: wide.port,
    off: off.port,
    forwarded: on.port,
    careless: on.port,
    lab: Number(new URL(await lab.urlOf(lab.topology.root)).port),
  };
  return new Stage([on, wide], asker, upstreams);
}

/** Who can be sent on errands, and what all of them have received so far. */
export class Stage {
  readonly upstreams: Upstreams;
  readonly #services: readonly NodeProcess[];
  readonly #asker: NodeProcess;
  #responses = 0;
  #foreign = 0;

  constructor(services: readonly NodeProcess[], asker: NodeProcess, upstreams: Upstreams) {
    this.#services = services;
    this.#asker = asker;
    this.upstreams = upstreams;
  }

  /** Responses received. */
  get responses(): number {
    return this.#responses;
  }

  /** Answers received by an asker that were made for another one. */
  get foreign(): number {
    return this.#foreign;
  }

  /** Sends the asker on errands, all at the same time; the answers stand in the order of the errands. */
  async ask(errands: readonly Errand[]): Promise<readonly Asked[]> {
    const answers = await this.#asker.ask<readonly Asked[]>("run", { errands });
    this.#responses += answers.length;
    for (const { value, madeFor, traceId } of answers) {
      if (value !== undefined && madeFor !== "" && madeFor !== traceId) this.#foreign++;
    }
    return answers;
  }

  /** A request of somebody who asks nothing: no OpenTelemetry runs in this process. */
  async visit(url: string): Promise<Received> {
    this.#responses++;
    return receiveByHttp(url);
  }

  /** What the library counted in the services and in the asker. */
  async counts(): Promise<{ readonly services: readonly Counts[]; readonly asker: Counts }> {
    const services = await Promise.all(this.#services.map((service) => service.ask<Counts>("counts")));
    return { services, asker: await this.#asker.ask<Counts>("counts") };
  }
}
