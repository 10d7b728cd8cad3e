// A measured service in a process of its own, and its clients.
import { join } from "node:path";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { startMeasured } from "../../bench/measured-process.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { Clients } from "./clients.ts";
import type { MemoryOptions } from "./options.ts";
import type { ServiceArgument, ServiceQuestion, ServiceReading } from "./service.ts";

const SERVICE = new URL("./service.ts", import.meta.url);

/** The service, and how far its requests have come. */
export class Measured {
  readonly #name: "on" | "off";
  readonly #options: MemoryOptions;
  readonly #child: NodeProcess;
  readonly #clients: Clients;
  #sent = 0;

  private constructor(name: "on" | "off", options: MemoryOptions, child: NodeProcess, clients: Clients) {
    this.#name = name;
    this.#options = options;
    this.#child = child;
    this.#clients = clients;
  }

  /** With the library `"on"`, or `"off"`. */
  static async start(
    name: "on" | "off",
    upstreamPort: number,
    options: MemoryOptions,
    undo: Undo,
  ): Promise<Measured> {
    const child = startMeasured(SERVICE, {
      argument: { upstreamPort } satisfies ServiceArgument,
      nodeOptions: ["--expose-gc"],
      env: { OTEL_ERROR_TREE_DISABLED: String(name === "off") },
    });
    await child.listens();
    const measured = new Measured(name, options, child, new Clients(child.port, options.seed));
    await undo.add(() => measured.stop());
    return measured;
  }

  /** Sends the next requests, a tenth of all, and reads the heap. */
  async advance(): Promise<ServiceReading> {
    const { every, requests, baseline, snapshots } = this.#options;
    await this.#clients.send(every);
    this.#sent += every;
    const isLast = this.#sent === (this.#name === "on" ? requests : baseline);
    const label = this.#sent === every ? "first" : isLast ? "last" : undefined;
    const snapshot =
      label === undefined || snapshots === undefined
        ? undefined
        : join(snapshots, `${this.#name}-${label}.heapsnapshot`);
    return this.#child.ask<ServiceReading>("read", { snapshot } satisfies ServiceQuestion);
  }

  async stop(): Promise<void> {
    this.#clients.close();
    await this.#child.release();
  }
}
