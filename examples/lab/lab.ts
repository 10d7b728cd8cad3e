// The running lab: one process per service of a topology, the backend they export to, and a client that asks the root.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type ErrorTree, readErrorTree } from "otel-error-tree";
import { AccountReader } from "./account.ts";
import type { Backend } from "./backend.ts";
import type { Accounts } from "./expected-tree.ts";
import { LabError } from "./lab-error.ts";
import { startReceiver } from "./receiver.ts";
import { REQUEST_ID_HEADER } from "./request-context.ts";
import type { Service, Topology } from "./topology.ts";

const HOST = "127.0.0.1";
const SERVICE = fileURLToPath(new URL("./service.ts", import.meta.url));
const OTEL = new URL("./otel.ts", import.meta.url).href;
/** What the services say they did, in the lab's folder. */
const ACCOUNTS = "accounts.jsonl";
const ANSWER_TIMEOUT_MS = 30_000;
/** A service that still runs so long after SIGTERM is killed. */
const STOP_TIMEOUT_MS = 10_000;

/** How a lab is started; a topology says the rest. */
export interface LabOptions {
  /** Moves the ports of the topology so that its lowest is this one; 0 takes free ports. */
  readonly basePort?: number | undefined;
  /** Is closed by whoever has made it. @default a receiver of the lab's own */
  readonly backend?: Backend | undefined;
  /** `headerBytes` of the library in every service. */
  readonly headerBytes?: number | undefined;
  /** Further variables of every service, as OTEL_ERROR_TREE_EXPORT_REJECTED. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** What came back from the root. */
export interface LabAnswer {
  readonly requestId: string;
  readonly status: number;
  readonly traceId: string;
  /** The value of `x-error-tree`. */
  readonly header: string | undefined;
  /** The tree in it; absent where nothing failed. */
  readonly tree: ErrorTree | undefined;
}

/** Starts every service, callees first; throws a {@link LabError} and leaves nothing behind where one fails. */
export async function startLab(topology: Topology, options: LabOptions = {}): Promise<Lab> {
  const lab = new Lab(topology, options, options.backend ?? (await startReceiver()));
  try {
    await lab.start();
    return lab;
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

/** A topology as processes. */
export class Lab {
  readonly topology: Topology;
  readonly backend: Backend;
  /** Rejects when a service stops by itself. */
  readonly died: Promise<never>;
  readonly #options: LabOptions;
  readonly #children = new Map<string, ChildProcess>();
  readonly #urls = new Map<string, Promise<string>>();
  readonly #folder: string = mkdtempSync(join(tmpdir(), "error-tree-lab-"));
  readonly #accounts = new AccountReader(join(this.#folder, ACCOUNTS));
  #reportDeath: (error: LabError) => void = () => {};
  #stopped: Promise<void> | undefined;

  constructor(topology: Topology, options: LabOptions, backend: Backend) {
    this.topology = topology;
    this.backend = backend;
    this.#options = options;
    this.died = new Promise((_, reject) => {
      this.#reportDeath = reject;
    });
    this.died.catch(() => {});
  }

  async start(): Promise<void> {
    await this.urlOf(this.topology.root);
  }

  /** Base URL of a service, started with all that it calls when first asked for. */
  urlOf(name: string): Promise<string> {
    const url = this.#urls.get(name) ?? this.#startService(this.topology.services.get(name) as Service);
    this.#urls.set(name, url);
    return url;
  }

  /** Process id of a service. */
  pidOf(name: string): number | undefined {
    return this.#children.get(name)?.pid;
  }

  /** Sends one request to the root, as a person with curl would: the client knows nothing of OpenTelemetry. */
  async ask(requestId: string, headers: Readonly<Record<string, string>> = {}): Promise<LabAnswer> {
    const { root } = this.topology;
    const asked = { ...headers, [REQUEST_ID_HEADER]: requestId, "x-error-tree": "v=1, f=json" };
    try {
      return await askRoot(await this.urlOf(root), requestId, asked);
    } catch (error) {
      throw new LabError(`${root} gave no answer to ${requestId}: ${(error as Error).message}`);
    }
  }

  /** What the services say they did, by request; complete for every request that was answered. */
  accounts(): ReadonlyMap<string, Accounts> {
    return this.#accounts.read();
  }

  /** Throws the accounts away; {@link accounts} is not to be called afterwards. */
  forgetAccounts(): void {
    truncateSync(join(this.#folder, ACCOUNTS));
  }

  /** Stops every service, which sends what it still has, and closes a backend of its own. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    await Promise.all([...this.#children.values()].map(stopProcess));
    if (this.#options.backend === undefined) await this.backend.close();
    rmSync(this.#folder, { recursive: true });
  }

  async #startService(service: Service): Promise<string> {
    const downstreams = await Promise.all(service.downstreams.map((name) => this.urlOf(name)));
    if (this.#stopped !== undefined) throw new LabError("the lab was stopped");
    const child = fork(SERVICE, {
      execArgv: ["--import", OTEL],
      env: this.#environmentOf(service, downstreams),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#children.set(service.name, child);
    child.once("exit", (exitCode, signal) => {
      const how = signal ?? `exit code ${exitCode}`;
      this.#reportDeath(new LabError(`${service.name} stopped by itself: ${how}`));
    });
    const [{ listening }] = (await Promise.race([once(child, "message"), this.died])) as [
      { listening: number },
    ];
    return `http://${HOST}:${listening}`;
  }

  #environmentOf(service: Service, downstreams: readonly string[]): Record<string, string> {
    const { headerBytes, environment } = this.#options;
    const { PATH = "", OTEL_LOG_LEVEL = "error" } = process.env;
    return {
      PATH,
      SERVICE_NAME: service.name,
      HOST,
      PORT: String(this.#portOf(service)),
      DOWNSTREAMS: downstreams.join(","),
      ...service.environment,
      OBSERVER_LOG: join(this.#folder, ACCOUNTS),
      ...(headerBytes === undefined ? undefined : { OTEL_ERROR_TREE_HEADER_BYTES: String(headerBytes) }),
      OTEL_EXPORTER_OTLP_ENDPOINT: this.backend.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: this.backend.protocol,
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_LOG_LEVEL,
      ...environment,
    };
  }

  #portOf(service: Service): number {
    const { basePort } = this.#options;
    if (basePort === undefined || basePort === 0) return basePort ?? service.port;
    const lowest = Math.min(...[...this.topology.services.values()].map(({ port }) => port));
    return basePort + service.port - lowest;
  }
}

async function askRoot(url: string, requestId: string, headers: Record<string, string>): Promise<LabAnswer> {
  const request = http.get(url, { headers, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const { trace } = JSON.parse(await text(response)) as { trace: string };
  const header = response.headers["x-error-tree"]?.toString();
  const tree = header === undefined ? undefined : readErrorTree(header);
  return { requestId, status: response.statusCode ?? 0, traceId: trace, header, tree };
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exit;
  clearTimeout(killer);
}
