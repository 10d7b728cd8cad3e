// The services of a row, once with the library and once with it switched off, and the client that asks their entry.
import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { type ErrorTree, readErrorTree } from "otel-error-tree";
import type { Undo } from "../../../collector-config/program/undo.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { JSON_ASK } from "../../support/services.ts";
import type { LastWords } from "../storm/program.ts";
import { lastWordsOf, startService } from "../storm/service-process.ts";
import { type Client, TRACE_FIELD, urlOfCall } from "./call.ts";

const SERVICE = new URL("./service.ts", import.meta.url);
const FIELD = "x-error-tree";
const LONG_MS = 20_000;

/** What the client got. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly tree: ErrorTree | undefined;
  readonly traceId: string;
}

/** One request for the entry. */
export interface Errand {
  readonly row: string;
  readonly client: Client;
  /** What orders calls. */
  readonly to: string;
  readonly patienceMs?: number;
}

/** Services of one kind, in the order in which they call each other. */
export class Side {
  readonly edge: NodeProcess;
  readonly orders: NodeProcess;
  readonly #start: (name: string) => Promise<NodeProcess>;

  constructor(edge: NodeProcess, orders: NodeProcess, start: (name: string) => Promise<NodeProcess>) {
    this.edge = edge;
    this.orders = orders;
    this.#start = start;
  }

  /** Starts another service of this side. */
  start(name: string): Promise<NodeProcess> {
    return this.#start(name);
  }

  /** Asks edge for an error tree as JSON; edge calls orders, and orders what the errand names. */
  async ask({ row, client, to, patienceMs = LONG_MS }: Errand): Promise<Answer> {
    const orders = urlOfCall(this.orders.url, { row, to, client, patienceMs });
    const url = urlOfCall(this.edge.url, { row, to: orders, client, patienceMs: LONG_MS });
    const request = http.get(url, { headers: { [FIELD]: JSON_ASK }, timeout: 2 * LONG_MS });
    request.once("timeout", () => request.destroy(new Error("no answer")));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const value = response.headers[FIELD];
    return {
      status: response.statusCode ?? 0,
      body: await text(response),
      tree: typeof value === "string" ? readErrorTree(value) : undefined,
      traceId: String(response.headers[TRACE_FIELD] ?? ""),
    };
  }

  /** Ends edge and orders in order, and what was started beside them. */
  async end(others: readonly NodeProcess[] = []): Promise<ReadonlyMap<NodeProcess, LastWords>> {
    const services = [this.edge, this.orders, ...others];
    const words = await Promise.all(services.map((service) => lastWordsOf(service)));
    return new Map(services.map((service, i) => [service, words[i] as LastWords]));
  }
}

/** Starts edge and orders. The limiter is open; `on` is false where the library is switched off. */
export async function startSide(on: boolean, exportTo: string, undo: Undo): Promise<Side> {
  const env = {
    OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity",
    OTEL_ERROR_TREE_HEADER_BYTES: "2048",
    ...(on ? undefined : { OTEL_ERROR_TREE_DISABLED: "true" }),
  };
  const start = (name: string): Promise<NodeProcess> => startService(SERVICE, { name, exportTo, undo, env });
  const [edge, orders] = await Promise.all([start("edge"), start("orders")]);
  return new Side(edge, orders, start);
}
