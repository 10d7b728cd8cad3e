// Keeps the goods (gRPC): has the catalogue sell what is ordered, and tries again if that is not available.
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Client,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { logFailures, traceIds } from "otel-error-tree/pino";
import { pino } from "pino";
import type { Order } from "./order.ts";

type Reserve = (order: Order, done: (error: Error | null) => void) => void;

/** What is made of warehouse.proto. */
export interface WarehouseApi {
  readonly shop: {
    readonly Warehouse: {
      readonly service: ServiceDefinition;
      new (...parameters: ConstructorParameters<typeof Client>): Record<"Reserve", Reserve>;
    };
  };
}

const { HOST = "127.0.0.1", PORT = "8081", CATALOGUE = "" } = process.env;
const ATTEMPTS = 3;
const log = pino({ base: { service: "warehouse" }, mixin: traceIds });
logFailures(log);

class NotSold extends Error {
  override readonly name = "NotSold";
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

async function sell(order: Order): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sellOnce(order);
    } catch (error) {
      if ((error as NotSold).code !== status.UNAVAILABLE || attempt === ATTEMPTS) throw error;
      await sleep(50 * attempt);
    }
  }
}

async function sellOnce(order: Order): Promise<void> {
  const body = JSON.stringify(order);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${CATALOGUE}/sales`, { method: "POST", headers, body }).catch((error) => {
    throw new NotSold(`the catalogue is away: ${error.cause?.message}`, status.UNAVAILABLE);
  });
  if (answer.ok) return;
  const code = { 503: status.UNAVAILABLE, 504: status.DEADLINE_EXCEEDED }[answer.status] ?? status.INTERNAL;
  throw new NotSold(`the catalogue answered ${answer.status}`, code);
}

const { shop } = loadPackageDefinition(
  loadSync(`${import.meta.dirname}/warehouse.proto`),
) as unknown as WarehouseApi;
const server = new Server();
server.addService(shop.Warehouse.service, {
  Reserve({ request }: { request: Order }, done: sendUnaryData<object>) {
    sell(request).then(
      () => done(null, { shelf: `shelf of ${request.sku}` }),
      (error) => done(error),
    );
  },
});
server.bindAsync(`${HOST}:${PORT}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  log.info("ready");
});
