// Starts the real observatory, the services of the lab with counters of their own, and a proxy before one of them.
import { fileURLToPath } from "node:url";
import { RunError } from "../../../collector-config/program/run-error.ts";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { readTopology, type Topology } from "../../../examples/lab/topology.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { type StrippingProxy, startProxy } from "./proxy.ts";

/** The command. */
export const BIN: URL = new URL("../../../dist/cli/bin.js", import.meta.url);
const OTEL = new URL("../../../examples/lab/otel.ts", import.meta.url);
const SERVICE = new URL("../../../examples/lab/service.ts", import.meta.url);
const COUNTER = new URL("./counter.ts", import.meta.url);
/** Its seven services. */
export const SEVEN: string = fileURLToPath(
  new URL("../../../examples/lab/topologies/seven.yaml", import.meta.url),
);

/** Width of a window of the observatory. */
export const WINDOW_SECONDS = 5;
/** Longer than any run. */
const KEEP_SECONDS = 6 * 3600;
/** What every service takes at least: durations are compared, and starting to measure takes time, too. */
const DELAY_MS = 25;
/** The edge that leads through the proxy. */
export const PROXIED = { client: "shop", server: "pay" } as const;

/** All that runs. */
export interface Stage {
  readonly topology: Topology;
  readonly services: ReadonlyMap<string, NodeProcess>;
  readonly proxy: StrippingProxy;
  /** URL of the observatory to which the services send their metrics. */
  readonly observatory: string;
  /** Where the load goes to. */
  readonly entry: string;
  /** Ends a service in order, and starts it again at the same port. */
  restart(service: string): Promise<void>;
  /** Of the last so many seconds; of all, if it is not said. */
  picture(seconds?: number): Promise<Picture>;
}

/** Starts callees before their callers. @param further - variables of a service beside those that the stage needs */
export async function setStage(
  undo: Undo,
  further: (service: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<Stage> {
  const topology = readTopology(SEVEN);
  const observatory = await startObservatory(undo);
  const services = new Map<string, NodeProcess>();
  const urlsOf = new Map<string, readonly string[]>();
  let proxy: StrippingProxy | undefined;
  const startService = async (name: string, port: number): Promise<NodeProcess> => {
    const { environment } = topology.services.get(name) ?? missing(name);
    const ours = environmentOf(name, urlsOf.get(name) ?? missing(name), observatory);
    const service = await NodeProcess.listening(
      SERVICE,
      {
        name,
        imports: [OTEL, COUNTER],
        undo,
        env: { ...environment, ...ours, PORT: `${port}`, ...further(name) },
      },
      "listening",
    );
    services.set(name, service);
    return service;
  };
  const start = async (name: string): Promise<string> => {
    const urls: string[] = [];
    for (const downstream of topology.services.get(name)?.downstreams ?? [])
      urls.push(await start(downstream));
    urlsOf.set(name, urls);
    const service = await startService(name, 0);
    if (name !== PROXIED.server) return service.url;
    const before = await startProxy(service.url);
    proxy = before;
    await undo.add(() => before.close());
    return before.url;
  };
  const entry = await start(topology.root);
  return {
    topology,
    services,
    observatory,
    entry,
    async restart(name) {
      const before = services.get(name) ?? missing(name);
      await before.end();
      await startService(name, before.port);
    },
    proxy: proxy ?? missing(PROXIED.server),
    async picture(seconds = KEEP_SECONDS) {
      const response = await fetch(`${observatory}/api/picture?last=${seconds}`);
      if (!response.ok) throw new RunError(`the observatory: ${response.status} ${await response.text()}`);
      return (await response.json()) as Picture;
    },
  };
}

async function startObservatory(undo: Undo): Promise<string> {
  const options = ["--port", "0", "--window", `${WINDOW_SECONDS}`, "--keep", `${KEEP_SECONDS}`];
  const process = new NodeProcess(BIN, {
    name: "the observatory",
    args: ["observatory", ...options, "--color", "never"],
    channel: false,
    undo,
  });
  const [, url = ""] = await process.prints(/The observatory is at (http:\S+)\//);
  return url;
}

function environmentOf(name: string, downstreams: readonly string[], observatory: string) {
  return {
    SERVICE_NAME: name,
    HOST: "127.0.0.1",
    DELAY_MS: `${DELAY_MS}`,
    DOWNSTREAMS: downstreams.join(","),
    OTEL_EXPORTER_OTLP_ENDPOINT: observatory,
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
    OTEL_METRIC_EXPORT_TIMEOUT: "900",
    OTEL_LOGS_EXPORTER: "none",
  };
}

function missing(name: string): never {
  throw new RunError(`the topology has no ${name}`);
}
