// A gateway that copies headers gets SIGTERM under load, with the lines of the docs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../../../examples/lab/receiver.ts";
import { NodeProcess } from "../../support/process/node-process.ts";
import { type Service, startService } from "../../support/services.ts";
import { type Got, get, type Load, load } from "./load.ts";

const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
const SETUP = (/```js\n(\/\/ otel\.mjs[\s\S]*?)```/.exec(page("by-hand.md"))?.[1] ?? "").replace(
  'serviceName: "checkout", ',
  "",
);
const END = /```js\n(\/\/ app\.mjs[\s\S]*?)```/.exec(page("shutdown.md"))?.[1] ?? "";
const APP = `import { createServer } from "node:http";
import { handle } from "../gateway.ts";

const server = createServer(handle);
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.once("disconnect", () => process.exit(1));
`;
/** What a service did that reads its SDK's documentation only: the process goes on serving. */
const GOES_ON = `${APP}
import { sdk } from "./otel.mjs";
process.once("SIGTERM", () => sdk.shutdown().then(() => process.send({ over: true })));
`;

const PATHS = ["/ok/3", "/fail/5", "/ok/0", "/fail/30", "/fail/0", "/ok/40"];
const TOLD = "room 12";
/** Strangers come through a proxy that says so; the gateway has a token, and gets whole trees from the service behind it. */
const OTEL_ERROR_TREE_SECRET = "k1:0123456789abcdef0123456789abcdef";

// Inside the repository, so that the package's own name leads to it.
const folder = mkdtempSync(fileURLToPath(new URL("./programs-", import.meta.url)));
writeFileSync(join(folder, "otel.mjs"), SETUP);
writeFileSync(join(folder, "ends.mjs"), APP + END);
writeFileSync(join(folder, "ends-soon.mjs"), APP + END.replace("10_000", "100"));
writeFileSync(join(folder, "goes-on.mjs"), GOES_ON);
afterAll(() => rmSync(folder, { recursive: true }));

let upstream: Service;
let exported: Exported;

beforeAll(async () => {
  exported = await receive();
  upstream = await startService(new URL("./upstream.ts", import.meta.url), {
    name: "upstream",
    receiver: exported.receiver,
    env: { OTEL_ERROR_TREE_SECRET },
  });
  return async () => {
    await upstream.stop();
    await exported.receiver.close();
  };
});

interface Exported {
  readonly receiver: Awaited<ReturnType<typeof startReceiver>>;
  /** Sum of `error_tree.represents` by service. */
  readonly represents: Map<string, number>;
  /** Spans of a service that had not ended. */
  readonly unended: Map<string, number>;
}

async function receive(): Promise<Exported> {
  const represents = new Map<string, number>();
  const unended = new Map<string, number>();
  const add = (sums: Map<string, number>, service: string, value: number): void => {
    sums.set(service, (sums.get(service) ?? 0) + value);
  };
  const receiver = await startReceiver({
    onRequest(json) {
      for (const { resource, scopeSpans } of JSON.parse(json).resourceSpans) {
        const service = attribute(resource.attributes, "service.name")?.stringValue;
        for (const { spans } of scopeSpans) {
          for (const { attributes } of spans) {
            add(represents, service, Number(attribute(attributes, "error_tree.represents")?.intValue ?? 0));
            if (attribute(attributes, "error_tree.unended")?.boolValue === true) add(unended, service, 1);
          }
        }
      }
    },
  });
  return { receiver, represents, unended };
}

// biome-ignore lint/suspicious/noExplicitAny: OTLP as JSON
function attribute(attributes: readonly { key: string; value: any }[], name: string): any {
  return attributes.find(({ key }) => key === name)?.value;
}

let gateways = 0;

async function startGateway(program: string, env: Record<string, string> = {}): Promise<NodeProcess> {
  const name = `gateway-${++gateways}`;
  const gateway = new NodeProcess(join(folder, program), {
    name,
    imports: ["./otel.mjs"],
    cwd: folder,
    env: {
      UPSTREAM: upstream.url,
      OTEL_ERROR_TREE_SECRET,
      OTEL_SERVICE_NAME: name,
      OTEL_TRACES_SAMPLER: "always_off",
      OTEL_EXPORTER_OTLP_ENDPOINT: exported.receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      ...env,
    },
  });
  onTestFinished(() => gateway.stop().then(() => {}));
  await gateway.listens();
  return gateway;
}

/** What it began, once it has ended. */
async function accountOf(gateway: NodeProcess): Promise<{ begun: number; asked: number }> {
  await gateway.exited;
  return JSON.parse(gateway.out);
}

/** Loads the gateway, sends the signal in the midst of it, and waits for the end of both. */
async function loaded(gateway: NodeProcess): Promise<{ result: Load; endedAt: number; code: unknown }> {
  let signalled = false;
  const running = load(gateway.port, PATHS, 12, AbortSignal.timeout(20_000), ({ answered }) => {
    if (signalled || answered.length < 300) return;
    signalled = true;
    gateway.signal("SIGTERM");
  });
  const { exitCode: code } = await gateway.exited;
  const endedAt = performance.now();
  return { result: await running, endedAt, code };
}

/** What strangers got that is ours. */
function leaks(answered: readonly Got[]): string[] {
  return answered.flatMap(({ fields, body }) => {
    const ours = fields.filter((name, i) => i % 2 === 0 && /^(x-error-tree|server-timing)$/i.test(name));
    return [...ours, ...[...fields, body].filter((text) => text.includes(TOLD))];
  });
}

describe.each([
  ["node:http", { WAY: "http" }],
  ["fetch", { WAY: "fetch" }],
  [
    "node:http, half of it head-sampled",
    { WAY: "http", OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.5" },
  ],
])("a gateway by %s that gets SIGTERM under load", (_, env) => {
  test("answers every request whole, hands no tree to strangers, exports what failed, and ends", async () => {
    const gateway = await startGateway("ends.mjs", env);
    const { result, endedAt, code } = await loaded(gateway);
    expect(result.broken).toEqual([]);
    expect(leaks(result.answered)).toEqual([]);
    const { begun, asked } = await accountOf(gateway);
    // A connection that nobody has accepted when the server closes is reset: such a request was never begun.
    expect([result.answered.length, asked]).toEqual([begun, 0]);
    expect(begun).toBeGreaterThanOrEqual(300);
    const failed = result.answered.filter(({ status }) => status === 500).length;
    expect(failed).toBeGreaterThan(100);
    expect(exported.represents.get(gateway.name)).toBe(failed);
    const lastAnswer = Math.max(...result.answered.map(({ at }) => at));
    expect(endedAt - lastAnswer).toBeLessThan(2_000);
    expect([code, gateway.err]).toEqual([0, ""]);
  });
});

test("a gateway that shuts down and goes on serving hands no tree and no ask on, for as long as it lives", async () => {
  const gateway = await startGateway("goes-on.mjs");
  const stop = new AbortController();
  let signalled = 0;
  const over = gateway.told("over");
  const result = await load(gateway.port, PATHS, 12, stop.signal, ({ answered }) => {
    if (signalled === 0 && answered.length >= 200) {
      signalled = answered.length;
      gateway.signal("SIGTERM");
    }
    if (signalled > 0 && answered.length >= signalled + 600) stop.abort();
  });
  expect([result.broken, leaks(result.answered), result.unsent]).toEqual([[], [], 0]);
  expect(await over).toBe(true);
  const after = await get(gateway.port, "/fail/0");
  expect(after).toMatchObject({ status: 500, body: "broken" });
  expect(leaks([after as Got])).toEqual([]);
  await gateway.release();
  expect((await accountOf(gateway)).asked).toBe(0);
});

test("a failing stream without end is waited for ten seconds, and then exported as it stands", async () => {
  const gateway = await startGateway("ends-soon.mjs");
  const stream = get(gateway.port, "/endless");
  await get(gateway.port, "/ok/50");
  expect(await gateway.end()).toEqual({ exitCode: 0, signal: null });
  expect(await stream).toMatchObject({ broken: expect.stringContaining("/endless") });
  expect(exported.represents.get(gateway.name)).toBe(1);
  expect(exported.unended.get(gateway.name)).toBeGreaterThanOrEqual(1);
});
