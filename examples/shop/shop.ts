// The running shop: seven services, the servers between them, the observatory, and what a browser would send.
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ErrorTree, readErrorTree } from "otel-error-tree";
import { Program, ROOT } from "./program.ts";
import { Servers } from "./servers.ts";
import type { Undo } from "./undo.ts";

/** The services, callees first. */
const SERVICES = [
  "notifications",
  "payment",
  "catalogue",
  "warehouse",
  "fulfilment",
  "orders",
  "storefront",
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What came back for an order. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly traceId: string;
  /** The value of `x-error-tree`. */
  readonly header: string | undefined;
  /** The tree in it; absent if nothing failed. */
  readonly tree: ErrorTree | undefined;
}

const HOST = "127.0.0.1";
const PORTS = ["observatory", "storefront", "warehouse", "catalogue", "payment"] as const;
const TOKEN_SECONDS = 3600;
/** Nobody waits as long as this for an answer, also if the machine is busy. */
const ANSWER_MS = 60_000;

type Ports = Readonly<Record<(typeof PORTS)[number], number>>;

/** The shop, from its start to its end. */
export class Shop {
  readonly servers: Servers;
  readonly storefrontUrl: string;
  readonly observatoryUrl: string;
  /** Of Jaeger's query API and page; `undefined` if there is no Jaeger. */
  readonly jaegerUrl: string | undefined;
  readonly #programs: ReadonlyMap<ServiceName, Program>;
  readonly #tokenFile: string;
  readonly #tokenKey: string;

  private constructor(servers: Servers, ports: Ports, folder: string) {
    const jaeger = servers.addresses.get("jaeger");
    this.servers = servers;
    this.storefrontUrl = `http://${HOST}:${ports.storefront}`;
    this.observatoryUrl = `http://${HOST}:${ports.observatory}`;
    this.jaegerUrl = jaeger === undefined ? undefined : `http://${jaeger}`;
    this.#tokenFile = join(folder, "token");
    this.#tokenKey = randomBytes(32).toString("hex");
    this.#programs = this.#programsOf(ports);
  }

  /** Starts everything on free ports; `said` is told how it goes on. */
  static async start(undo: Undo, said: (text: string) => void): Promise<Shop> {
    const folder = mkdtempSync(join(tmpdir(), "error-tree-shop-"));
    undo.add(() => rmSync(folder, { recursive: true, force: true }));
    const ports = await freePorts();
    said("starting the servers: half a minute");
    const servers = await Servers.start(`http://${HOST}:${ports.observatory}`, undo, said);
    const shop = new Shop(servers, ports, folder);
    shop.renewToken();
    said("starting the observatory and seven services: ten seconds");
    const observatory = shop.#observatory(ports.observatory);
    const programs = [observatory, ...shop.#programs.values()];
    undo.add(async () => {
      // The services first: they still export what they have.
      await Promise.all([...shop.#programs.values()].map((program) => program.end()));
      await observatory.end();
    });
    await Promise.all(
      programs.map(async (program) => {
        await program.start();
        said(`${program.name} is up`);
      }),
    );
    return shop;
  }

  /** The program of a service. */
  service(name: ServiceName): Program {
    return this.#programs.get(name) as Program;
  }

  /** Ends a service and starts it again, as a deploy does. */
  async deploy(name: ServiceName, how: { readonly withLibrary?: boolean } = {}): Promise<void> {
    const { withLibrary = true } = how;
    await this.service(name).stop();
    await this.service(name).start(withLibrary ? {} : { args: [fileOf(name)] });
  }

  /** Writes a new token for catalogue, which is good for an hour, or expired an hour ago. */
  renewToken(isExpired = false): void {
    const until = String(Math.floor(Date.now() / 1000) + (isExpired ? -TOKEN_SECONDS : TOKEN_SECONDS));
    const signature = createHmac("sha256", this.#tokenKey).update(until).digest("base64url");
    writeFileSync(this.#tokenFile, `${until}.${signature}`);
  }

  /** Orders something, as a browser or curl would. */
  async order(order: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const response = await fetch(`${this.storefrontUrl}/orders`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-error-tree": "v=1, f=json", ...headers },
      body: JSON.stringify({ id: randomUUID(), ...order }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const header = response.headers.get("x-error-tree") ?? undefined;
    const [, traceId = ""] = /desc="?\d\d-(\w{32})/.exec(response.headers.get("server-timing") ?? "") ?? [];
    const tree = header === undefined ? undefined : readErrorTree(header);
    return { status: response.status, body: await response.text(), traceId, header, tree };
  }

  /** What the services have logged of a trace, in the order of time. */
  linesOf(traceId: string): string[] {
    const lines = [...this.#programs.values()].flatMap((program) => program.lines);
    return lines.filter((line) => line.includes(`"${traceId}"`)).sort((a, b) => timeOf(a) - timeOf(b));
  }

  /** The last lines of the services that have ended by themselves. */
  linesOfEnded(): string[] {
    const ended = [...this.#programs.values()].filter(({ isRunning }) => !isRunning);
    return ended.flatMap(({ name, lines }) => [`${name} has ended:`, ...lines.slice(-10)]);
  }

  #observatory(port: number): Program {
    const jaeger = this.jaegerUrl === undefined ? [] : ["--jaeger", this.jaegerUrl];
    return new Program({
      name: "observatory",
      args: [join(ROOT, "dist/cli/bin.js"), "observatory", "--port", String(port), ...jaeger],
      env: {},
      ready: "The observatory is at",
    });
  }

  #programsOf(ports: Ports): Map<ServiceName, Program> {
    const { addresses, otlp, password } = this.servers;
    const secret = `shop:${randomBytes(32).toString("hex")}`;
    const env = {
      KAFKA: addresses.get("kafka") ?? "",
      RABBITMQ: addresses.get("rabbitmq") ?? "",
      REDIS: addresses.get("redis") ?? "",
      POSTGRESQL: `postgres://tester:${password}@${addresses.get("postgresql")}/postgres`,
      SQS: `http://${addresses.get("elasticmq")}`,
      WAREHOUSE: `${HOST}:${ports.warehouse}`,
      CATALOGUE: `http://${HOST}:${ports.catalogue}`,
      PAYMENT: `http://${HOST}:${ports.payment}`,
      TOKEN_FILE: this.#tokenFile,
      TOKEN_KEY: this.#tokenKey,
      // As in production: one secret, and a head sampler that takes little. Beside it callers on this host, such as your curl.
      OTEL_ERROR_TREE_SECRET: secret,
      OTEL_ERROR_TREE_TRUST: "loopback",
      // Room for the whole tree as JSON, the form for people; as default 1,024 bytes, without some of the messages.
      OTEL_ERROR_TREE_HEADER_BYTES: "2048",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.05",
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp ?? this.observatoryUrl,
      OTEL_METRICS_EXPORTER: "otlp",
      OTEL_METRIC_EXPORT_INTERVAL: "5000",
      OTEL_METRIC_EXPORT_TIMEOUT: "5000",
      OTEL_LOGS_EXPORTER: "none",
      // Each failure that you switch on is to be found, however often; by default one kind is exported three times, then every ten seconds.
      OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity",
    };
    return new Map(
      SERVICES.map((name) => {
        const port = name in ports ? { PORT: String(ports[name as keyof Ports]) } : {};
        const args = ["--import", "otel-error-tree/register", fileOf(name)];
        return [
          name,
          new Program({
            name,
            args,
            env: { ...env, ...port, OTEL_SERVICE_NAME: name },
            ready: '"msg":"ready"',
          }),
        ];
      }),
    );
  }
}

function fileOf(name: ServiceName): string {
  return `examples/shop/services/${name}.ts`;
}

function timeOf(line: string): number {
  return Number(/"time":(\d+)/.exec(line)?.[1] ?? 0);
}

/** Ports that nobody listens on. */
async function freePorts(): Promise<Ports> {
  const servers = await Promise.all(
    PORTS.map(async () => {
      const server = createServer().listen(0, HOST);
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return Object.fromEntries(PORTS.map((name, i) => [name, ports[i]])) as unknown as Ports;
}
