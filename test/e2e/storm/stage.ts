// The processes of the storm, started callees first, and what they say in the end.

import type { Undo } from "../../../collector-config/program/undo.ts";
import { type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { DEFAULTS } from "../../../src/options/options.ts";
import type { Limits } from "../../../src/setup/limits.ts";
import { limitsVariable } from "../../support/limits.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { Arrivals } from "./arrivals.ts";
import type { LastWords } from "./program.ts";
import { DETACHED, ENTRY, FAILURES, type Peer, SCRIPTS, SERVICES, type ServiceName } from "./scripts.ts";
import { lastWordsOf, startService } from "./service-process.ts";
import type { ServiceFacts } from "./services-judge.ts";
import { startStrangers } from "./strangers.ts";

const SERVICE = new URL("./service.ts", import.meta.url);

/** Limits other than those that the library comes with. */
type ServiceLimits = Limits & { readonly maxExportsPerSecond: number };

/**
 * Seven services have few enough kinds for the limit by kind to hold them far below the cap. Here it is off: what holds
 * this one is the cap alone.
 */
const CAPPED: ServiceLimits = { maxExportsPerSecond: 4, maxNovelPerMinute: 60, kindIntervalMs: 0 };
export const LIMITS: Readonly<Partial<Record<ServiceName, ServiceLimits>>> = { pay: CAPPED };

/** Starts all of it; it runs until `undo`. */
export async function setStage(headSampled: number, undo: Undo): Promise<Stage> {
  const arrivals = new Arrivals();
  const receiver = await startReceiver({ onRequest: (json) => arrivals.add(json) });
  await undo.add(() => receiver.close());
  const peers: Partial<Record<Peer, string>> = { ...(await startStrangers(undo)) };
  const processes: NodeProcess[] = [];
  for (const name of SERVICES) {
    const service = await startService(SERVICE, {
      name,
      exportTo: receiver.url,
      undo,
      env: {
        STORM_PEERS: JSON.stringify(peers),
        HEAD_SAMPLED: String(headSampled),
        ...(name === DETACHED ? { OTEL_ERROR_TREE_TRUST: "" } : undefined),
        ...variablesOf(LIMITS[name]),
      },
    });
    peers[name] = service.url;
    processes.push(service);
  }
  return new Stage(receiver, arrivals, processes);
}

/** What runs. */
export class Stage {
  readonly arrivals: Arrivals;
  readonly #receiver: Receiver;
  readonly #processes: readonly NodeProcess[];

  constructor(receiver: Receiver, arrivals: Arrivals, processes: readonly NodeProcess[]) {
    this.#receiver = receiver;
    this.arrivals = arrivals;
    this.#processes = processes;
  }

  /** Base URL of the entry. */
  get url(): string {
    return this.#processes.find(({ name }) => name === ENTRY)?.url ?? "";
  }

  /** Rejects when a service stops by itself. */
  get died(): Promise<never> {
    return Promise.race(this.#processes.map((service) => service.died()));
  }

  /** Ends the services in order; by then all that they had is in the receiver. `failed` tells how often each has failed. */
  async end(failed: (name: ServiceName) => number): Promise<ServiceFacts[]> {
    const stopped = await Promise.all(
      this.#processes.map(
        async (service): Promise<[NodeProcess, LastWords]> => [service, await lastWordsOf(service)],
      ),
    );
    await this.#receiver.close();
    return stopped.map(([service, words]) => {
      const name = service.name as ServiceName;
      const limits = { ...DEFAULTS, ...LIMITS[name] };
      return { name, words, printed: service.printed, failed: failed(name), limits };
    });
  }
}

/** How often a script makes a service fail whose failures are counted: the entry, and the one that is detached. */
export function failuresOf(index: number, name: ServiceName): number {
  const script = SCRIPTS[index];
  if (script === undefined || !FAILURES.includes(script)) return 0;
  return name === ENTRY || (name === DETACHED && script.steps[name]?.own !== undefined) ? 1 : 0;
}

function variablesOf(limits: ServiceLimits | undefined): Record<string, string> {
  if (limits === undefined) return {};
  const { maxExportsPerSecond, ...others } = limits;
  return {
    OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: String(maxExportsPerSecond),
    ...limitsVariable(others),
  };
}
