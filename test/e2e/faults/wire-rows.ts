// Faults on the wire between orders and the service that it calls, each with the tree that the entry must have.

import type { NodeProcess } from "../../support/process/node-process.ts";
import type { Sketch } from "../../support/services.ts";
import type { Strangers } from "../storm/strangers.ts";
import type { Client } from "./call.ts";
import type { Answer, Side } from "./side.ts";

/** What is there to be called. */
export interface Targets extends Strangers {
  /** Fails as its paths say, and takes part where the side does. */
  readonly payments: NodeProcess;
}

/** One fault, met by one client. */
export interface WireRow {
  readonly title: string;
  readonly client: Client;
  /** What becomes of the call of orders; ports are told as `PORT`. */
  readonly leaf: Sketch;
  /** Asks so often, at the same time. */
  run(side: Side, targets: Targets, row: string, times: number): Promise<Answer[]>;
}

const PEER = "127.0.0.1";
const SHORT_MS = 300;
/** Long enough for the head to arrive, on a machine that is busy too. */
const BODY_MS = 1_500;
/** Fails without a question to any name server: a label has at most 63 characters. */
const NO_HOST = `${"x".repeat(64)}.internal`;

const CALL: Sketch = { service: "orders", operation: "GET", peer: PEER };
const UNANSWERED: Sketch = { ...CALL, unanswered: true };
const TIMEOUT: Sketch = { code: "deadline-exceeded", errorType: "TimeoutError" };
/** The words in which either client tells of a time limit. */
const TIMEOUT_BY_HTTP: Sketch = { ...TIMEOUT, message: "The operation was aborted" };
const TIMEOUT_BY_FETCH: Sketch = { ...TIMEOUT, message: "The operation was aborted due to timeout" };

export const WIRE_ROWS: readonly WireRow[] = [
  ...bothClients("kill -9 in mid-request", runKilled, {
    http: { ...UNANSWERED, code: "unavailable", errorType: "ECONNRESET", message: "socket hang up" },
    fetch: { ...UNANSWERED, code: "unavailable", errorType: "UND_ERR_SOCKET", message: "other side closed" },
  }),
  ...bothClients(
    "refused port",
    runAt(({ refused }) => refused),
    {
      http: {
        ...UNANSWERED,
        code: "unavailable",
        errorType: "ECONNREFUSED",
        message: "connect ECONNREFUSED 127.0.0.1:PORT",
      },
      fetch: {
        ...UNANSWERED,
        code: "unavailable",
        errorType: "ECONNREFUSED",
        message: "connect ECONNREFUSED 127.0.0.1:PORT",
      },
    },
  ),
  ...bothClients(
    "black hole",
    runAt(({ blackhole }) => blackhole, SHORT_MS),
    {
      http: { ...UNANSWERED, ...TIMEOUT_BY_HTTP },
      fetch: { ...UNANSWERED, ...TIMEOUT_BY_FETCH },
    },
  ),
  ...bothClients(
    "slow body",
    runAt(({ payments }) => `${payments.url}/drips`, BODY_MS),
    {
      http: { ...CALL, ...TIMEOUT_BY_HTTP },
      fetch: { ...CALL, ...TIMEOUT_BY_FETCH },
    },
  ),
  ...bothClients(
    "reset in mid-body",
    runAt(({ payments }) => `${payments.url}/cuts`),
    {
      http: { ...CALL, code: "unavailable", errorType: "ECONNRESET", message: "read ECONNRESET" },
      fetch: { ...CALL, code: "unavailable", errorType: "ECONNRESET", message: "read ECONNRESET" },
    },
  ),
  ...bothClients(
    "name without an address",
    runAt(() => `http://${NO_HOST}/`),
    {
      http: noAddress(),
      fetch: noAddress(),
    },
  ),
];

function noAddress(): Sketch {
  const message = `getaddrinfo ENOTFOUND ${NO_HOST}`;
  return { ...UNANSWERED, peer: NO_HOST, code: "unavailable", errorType: "ENOTFOUND", message };
}

function bothClients(
  title: string,
  run: (client: Client) => WireRow["run"],
  leaves: Readonly<Record<Client, Sketch>>,
): WireRow[] {
  const clients: readonly Client[] = ["http", "fetch"];
  return clients.map((client) => ({
    title: `${title}, ${client}`,
    client,
    leaf: leaves[client],
    run: run(client),
  }));
}

function runAt(
  target: (targets: Targets) => string,
  patienceMs?: number,
): (client: Client) => WireRow["run"] {
  return (client) => (side, targets, row, times) =>
    askTimes(side, times, {
      row,
      client,
      to: target(targets),
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
}

/** The victim is killed when it holds all of the requests. */
function runKilled(client: Client): WireRow["run"] {
  return async (side, _, row, times) => {
    const victim = await side.start("payments");
    const holdsAll = victim.told("hanging", (hanging) => (hanging as number) >= times);
    const answers = askTimes(side, times, { row, client, to: `${victim.url}/hangs` });
    // Where they are answered all the same, something else is wrong.
    await Promise.race([holdsAll, answers]);
    await victim.stop();
    return answers;
  };
}

function askTimes(side: Side, times: number, errand: Parameters<Side["ask"]>[0]): Promise<Answer[]> {
  return Promise.all(Array.from({ length: times }, () => side.ask(errand)));
}
