// Proves one cell: two services of a program; the bank fails, and the tree of the shop and what both export say why.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Undo } from "../../collector-config/program/undo.ts";
import { NodeProcess } from "../support/process/node-process.ts";

/** How a service is started; it says on which port it listens, and takes the URL to call as its argument. */
export interface Service {
  /** The runtime, with what stands before the program. */
  readonly command: readonly string[];
  readonly program: string;
  readonly cwd: string;
  /** How it ends after SIGTERM. */
  readonly end: 0 | "SIGTERM";
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the requests to the shop. @default /buy */
  readonly paths?: readonly string[];
  /** The bank's node and those beneath it, each the only child of the one before. @default {@link NO_ACCOUNT} alone */
  readonly beneath?: readonly Wanted[];
}

/** What a node has to say: service, code, type and message. */
export type Wanted = readonly [service: string, code: string, type: string, error: string];

const MESSAGE = "no account is left";
export const NO_ACCOUNT: Wanted = ["bank", "unavailable", "RangeError", MESSAGE];
const SHOP: Wanted = ["shop", "internal", "RangeError", "the bank did not pay"];
/** A machine with much else to do takes its time. */
const MOST_WAITED_MS = 120_000;
/** What a service may say beside its port: of a runtime about itself. */
const EXPECTED = /^(?:listens on \d+|\(node:\d+\) (?:ExperimentalWarning|\[DEP).*|\(Use `node --trace.*)?$/;

/** Returns what is wrong; nothing if the cell holds. */
export async function prove(service: Service, undo: Undo): Promise<string[]> {
  const exported: string[] = [];
  const receiver = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    exported.push(Buffer.concat(chunks).toString("latin1"));
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const processes: NodeProcess[] = [];
  let isOverdue = false;
  const overdue = setTimeout(() => {
    isOverdue = true;
    for (const one of processes) one.signal("SIGKILL");
  }, MOST_WAITED_MS);
  const start = async (name: string, ...args: string[]): Promise<number> => {
    const [node = process.execPath, ...nodeOptions] = service.command;
    const env = {
      HOME: service.cwd,
      OTEL_SERVICE_NAME: name,
      OTEL_TRACES_SAMPLER: "always_off",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_LOG_LEVEL: "warn",
      OTEL_ERROR_TREE_TRUST: "loopback",
      ...service.env,
    };
    const { cwd } = service;
    const one = new NodeProcess(service.program, {
      name,
      node,
      nodeOptions,
      args,
      env,
      cwd,
      channel: false,
      undo,
    });
    processes.push(one);
    const [, port] = await one.prints(/^listens on (\d+)$/m);
    return Number(port);
  };
  try {
    const bank = await start("bank");
    const shop = await start("shop", `http://127.0.0.1:${bank}/pay`);
    const problems: string[] = [];
    for (const path of service.paths ?? ["/buy"]) problems.push(...(await judgeAnswer(shop, path, service)));
    for (const one of processes) {
      const { exitCode, signal } = await one.end();
      if ((signal ?? exitCode) !== service.end) problems.push(`${one.name} ended with ${signal ?? exitCode}`);
      const odd = one.printed.split("\n").filter((line) => !EXPECTED.test(line));
      if (odd.length > 0) problems.push(`${one.name} said: ${odd.slice(0, 5).join(" | ")}`);
    }
    for (const name of ["bank", "shop"]) {
      if (!exported.some((body) => body.includes(name) && body.includes(MESSAGE))) {
        problems.push(`${name} exported no span with the cause`);
      }
    }
    return problems;
  } catch (error) {
    return [isOverdue ? `not done within ${MOST_WAITED_MS / 1000} s` : String((error as Error).message)];
  } finally {
    clearTimeout(overdue);
    for (const one of processes) await one.stop();
    receiver.closeAllConnections();
    receiver.close();
  }
}

interface Node {
  readonly service?: string;
  readonly code?: string;
  readonly type?: string;
  readonly error?: string;
  readonly children?: readonly Node[];
}

async function judgeAnswer(
  port: number,
  path: string,
  { beneath = [NO_ACCOUNT] }: Service,
): Promise<string[]> {
  const headers = { "x-error-tree": "v=1, f=json" };
  const [response] = await once(http.get({ host: "127.0.0.1", port, path, headers }), "response");
  response.resume();
  await once(response, "end");
  const field = response.headers["x-error-tree"];
  if (response.statusCode !== 500) return [`${path}: the shop answered ${response.statusCode}`];
  if (typeof field !== "string") return [`${path}: the shop answered without a tree`];
  const seen: unknown[] = [];
  for (let node: Node | undefined = JSON.parse(field); node !== undefined; node = node.children?.[0]) {
    seen.push([node.service, node.code, node.type, node.error]);
  }
  return JSON.stringify(seen) === JSON.stringify([SHOP, ...beneath]) ? [] : [`${path}: the tree is ${field}`];
}
