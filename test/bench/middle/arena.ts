// Where services are measured one after the other: the peers around them, and the cores that both have.
import { cpus } from "node:os";
import { RunError } from "../../../collector-config/program/run-error.ts";
import { KeyRing } from "../../../src/trust/key-ring.ts";
import { secretsOf } from "../../../src/trust/secrets.ts";
import { askSuffix } from "../../../src/wire/header.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { canPin, startMeasured } from "../measured-process.ts";
import type { Load, LoadReport } from "./load.ts";
import type { BenchTransport, BenchTrust, MiddleOptions, RequestShape } from "./options.ts";
import type { PeersHello } from "./peers.ts";
import type { Measurement } from "./report.ts";
import type { ServiceArgument } from "./service.ts";
import type { SinkCounts } from "./sink.ts";
import type { Usage } from "./usage.ts";
import type { Variant } from "./variants.ts";

const PEERS = new URL("./peers.ts", import.meta.url);
const SERVICES: Readonly<Record<BenchTransport, URL>> = {
  http: new URL("./service.ts", import.meta.url),
  grpc: new URL("./grpc-service.ts", import.meta.url),
};
const PEERS_CORE = 0;
const SERVICE_CORE = 1;

/** Each has one request in flight: the service always has work, and never a backlog. */
const CONNECTIONS = 32;

/** Requests whose spans wait at most: all of a round may. */
const QUEUED_REQUESTS = 7_500;
/** Spans of a request that its instrumentation starts. */
const OWN_SPANS = 2;

/** Only measured services know it. */
const SECRET = `bench:${"0123456789abcdef".repeat(4)}`;

/** A running service of one variant. */
export interface Contender {
  readonly variant: Variant;
  readonly service: NodeProcess;
}

/** Runs services beside one set of peers; to be closed. */
export class Arena {
  readonly #pinned = canPin();
  readonly #peers: NodeProcess = startMeasured(PEERS, { core: this.#pinned ? PEERS_CORE : undefined });
  readonly #hello = this.#peers.told("peers") as Promise<PeersHello>;
  readonly #services = new Set<NodeProcess>();
  readonly #trust: BenchTrust;
  readonly #transport: BenchTransport;
  readonly #shape: RequestShape;
  readonly #keys: KeyRing | undefined;

  constructor({ trust, transport, shape }: Pick<MiddleOptions, "trust" | "transport" | "shape">) {
    this.#trust = trust;
    this.#transport = transport;
    this.#shape = shape;
    this.#keys = trust === "secret" ? new KeyRing(secretsOf(SECRET), Date) : undefined;
  }

  /** Starts a service; `module` is the program where it is not the one beside this file. */
  async enter(variant: Variant, module: URL = SERVICES[this.#transport]): Promise<Contender> {
    const { internalSpans } = this.#shape;
    const argument: ServiceArgument = { variant: variant.name, ...(await this.#hello), internalSpans };
    const service = startMeasured(module, {
      argument,
      env: {
        // Traces are what is measured; NodeSDK would export metrics and logs too, to whoever listens on its default port.
        OTEL_METRICS_EXPORTER: "none",
        OTEL_LOGS_EXPORTER: "none",
        // No service under load hands over 100 % of its spans through the default queue of 2,048; here nothing is dropped.
        OTEL_BSP_MAX_QUEUE_SIZE: String(QUEUED_REQUESTS * (OWN_SPANS + internalSpans)),
        ...(this.#trust === "secret"
          ? { OTEL_ERROR_TREE_SECRET: SECRET }
          : { OTEL_ERROR_TREE_TRUST: "loopback" }),
        ...(variant.name === "flow-off" ? { OTEL_ERROR_TREE_FLOW: "false" } : undefined),
      },
      // A service under load is never idle; here it is while others have their turn, and after some 8 s of it V8 would take
      // the time to collect all garbage and throw compiled code away: then 700 us/request for 280, for thousands of them.
      nodeOptions: ["--no-memory-reducer"],
      core: this.#pinned ? SERVICE_CORE : undefined,
    });
    this.#services.add(service);
    await service.listens();
    return { variant, service };
  }

  async leave({ service }: Contender): Promise<void> {
    this.#services.delete(service);
    await service.release();
  }

  /** Sends requests and waits until their spans are exported, which counts too. */
  async measure({ variant, service }: Contender, requests: number): Promise<Measurement> {
    const { sampledOneIn, answers } = variant;
    const { errorPercent, asks } = this.#shape;
    const from = answers && asks ? askSuffix("bench", this.#keys?.signed()) : undefined;
    const load: Load = {
      port: service.port,
      requests,
      connections: CONNECTIONS,
      sampledOneIn,
      errorPercent,
      from,
    };
    await service.ask("begin");
    const report = await this.#peers.ask<LoadReport>(this.#transport === "http" ? "load" : "grpcLoad", load);
    const { cpu, heap } = await service.ask<Usage>("end");
    const exported = await this.#peers.ask<SinkCounts>("exported");
    check(variant, this.#shape, requests, report, exported);
    return { cpu: cpu / requests, bytes: exported.bytes / requests, heap };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#services, this.#peers].map((child) => child.release()));
  }

  /** The machine, for headlines. */
  toString(): string {
    const processors = cpus();
    const machine = `${processors.length} cores (${processors[0]?.model.trim() ?? "unknown"})`;
    const placed = this.#pinned ? "service on a core of its own" : "not pinned to cores";
    const trusted = this.#trust === "secret" ? "asks with a token" : "asks trusted by their address";
    const { internalSpans, errorPercent, asks } = this.#shape;
    const load = `${internalSpans} internal spans, ${errorPercent} % errors, ${asks ? trusted : "nobody asks"}`;
    const over = this.#transport === "http" ? "node:http" : "gRPC";
    return `${machine}, Node ${process.version}, ${placed}, ${over}, ${load}`;
  }
}

/** The figure of a service that did something else is worth nothing. */
function check(
  variant: Variant,
  { asks, errorPercent, internalSpans }: RequestShape,
  requests: number,
  report: LoadReport,
  exported: SinkCounts,
): void {
  const { answers, exports } = variant;
  expect("responses with their status", report.ok, requests);
  expect("answers to asks", report.answered, answers && asks ? requests : 0);
  expect("other x-error-tree fields", report.strange, 0);
  const sampled = exports ? report.sampled * (OWN_SPANS + internalSpans) : 0;
  // What the limiter lets through of the failing ones comes on top.
  const forced = answers && errorPercent > 0 ? Math.max(0, exported.spans - sampled) : 0;
  expect("exported spans", exported.spans, sampled + forced);
  expect("requests to the backend that were no export of spans", exported.strange, 0);

  function expect(what: string, got: number, expected: number): void {
    if (got === expected) return;
    throw new RunError(
      `${variant.title}: ${what}: expected ${expected} for ${requests} requests, got ${got}`,
    );
  }
}
