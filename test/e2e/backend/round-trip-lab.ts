// The lab whose trees are compared: every kind of failure that a lab can have, none of them so often that trees lose nodes.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Undo } from "../../../collector-config/program/undo.ts";
import { chanceOf } from "../../../examples/lab/chance.ts";
import { JaegerBackend } from "../../../examples/lab/jaeger-backend.ts";
import { type Lab, startLab } from "../../../examples/lab/lab.ts";
import { REQUEST_ID_HEADER } from "../../../examples/lab/request-context.ts";
import { parseTopology } from "../../../examples/lab/topology.ts";
import { OPEN, type Stage } from "./stage.ts";

/** Retries, calls at once and one after the other, codes that change, failures that HTTP does not show. */
const TOPOLOGY = `
root: shop
seed: 7732
services:
  shop:   { port: 0, downstreams: [cart, pay, ledger], failRate: 0.02 }
  cart:   { port: 0, downstreams: [stock, price], retries: 1, failRate: 0.05, errorType: resource-exhausted }
  pay:    { port: 0, downstreams: [bank, risk], sequential: true, forceErrorMapping: failed-precondition, failRate: 0.05, errorType: unavailable }
  stock:  { port: 0, failRate: 0.2, errorType: not-found }
  price:  { port: 0, failRate: 0.2, errorType: deadline-exceeded }
  bank:   { port: 0, failRate: 0.2, errorType: permission-denied }
  risk:   { port: 0, failRate: 0.2, errorType: data-loss }
  ledger: { port: 0, retries: 2, failRate: 0.1, errorType: unknown }
`;
/** Whatever has a tree is exported. */
const ALL = {
  ...OPEN,
  OTEL_ERROR_TREE_EXPORT_HANDLED: "true",
  OTEL_ERROR_TREE_EXPORT_REJECTED: "true",
};
/** Of the stranger's answers: connections that it drops, and failures. */
const DROPPED = 0.15;
const FAILED = 0.15;

/** Starts the lab, limiters open and with the most room for headers; it runs until it is stopped, or until `undo`. */
export async function startRoundTripLab(stage: Stage, undo: Undo): Promise<Lab> {
  const topology = parseTopology(TOPOLOGY, "round-trip");
  const services = new Map(topology.services);
  const ledger = topology.services.get("ledger");
  if (ledger === undefined) throw new Error("the topology has no ledger");
  const environment = { ...ledger.environment, DOWNSTREAMS: await startStranger(undo) };
  services.set(ledger.name, { ...ledger, environment });
  const options = {
    basePort: 0,
    backend: new JaegerBackend(stage.collector.otlpHttp, stage.jaeger.queryUrl, false),
    headerBytes: 2048,
    environment: ALL,
  };
  const lab = await startLab({ ...topology, services }, options);
  await undo.add(() => lab.stop());
  return lab;
}

/** A service without the library: answers without a tree, or not at all. Returns its URL. */
async function startStranger(undo: Undo): Promise<string> {
  const calls = new Map<unknown, number>();
  const server = http.createServer((request, response) => {
    const id = String(request.headers[REQUEST_ID_HEADER]);
    const call = calls.get(id) ?? 0;
    calls.set(id, call + 1);
    const chance = chanceOf(1, "stranger", id, `${call}`);
    if (chance < DROPPED) return void request.socket.destroy();
    const fails = chance < DROPPED + FAILED;
    response.writeHead(fails ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ code: fails ? "unavailable" : "ok" }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  await undo.add(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
