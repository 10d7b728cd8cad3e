// The load: what an upstream service that takes part would send, over connections that are kept alive.
import net from "node:net";
import { formatAsk } from "../../../src/wire/header.ts";
import { MessageReader } from "./exchange.ts";

const ANSWER_TIMEOUT_MS = 30_000;

/** What to send. */
export interface Load {
  readonly port: number;
  readonly requests: number;
  /** Each has one request in flight. */
  readonly connections: number;
  /** One in so many requests has the sampled flag. */
  readonly sampledOneIn: number;
  /** So many of 100 requests are answered with 503. */
  readonly errorPercent: number;
  /** The part of an ask for the error tree that is the same in every request; absent where requests carry none. */
  readonly from: string | undefined;
}

/** What came back. */
export interface LoadReport {
  /** Requests that were sent with the sampled flag. */
  readonly sampled: number;
  /** Responses with the status that was to come: 200, or 503 of requests that fail. */
  readonly ok: number;
  /** Responses with `x-error-tree: ok;id="<id of the ask>";s="middle"`, or with a tree if the request failed. */
  readonly answered: number;
  /** Responses with another `x-error-tree` field. */
  readonly strange: number;
}

/**
 * Sends the load and waits for all answers. Every request is one of its own trace, as an upstream's HTTP client sends it:
 *
 *     GET /orders/17 HTTP/1.1
 *     accept: application/json
 *     user-agent: bench
 *     traceparent: 00-<trace id>-<span id>-00
 *     x-error-tree: v=1, id="<the same span id>", from="bench"
 *
 * with the path `/fail/17` for those that fail, the flag `01` where the upstream's head sampler took the trace, and the last field only where it takes part, with a
 * token in it where a secret is in use.
 */
export async function sendLoad(load: Load): Promise<LoadReport> {
  const report = { sampled: 0, ok: 0, answered: 0, strange: 0 };
  let sent = 0;
  const lanes = Array.from({ length: Math.min(load.connections, load.requests) }, () => lane());
  await Promise.all(lanes);
  return report;

  async function lane(): Promise<void> {
    const socket = net.connect({ port: load.port, host: "127.0.0.1", noDelay: true });
    socket.setEncoding("latin1");
    // Whatever was not answered is missing in the report.
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    const reader = new MessageReader();
    let spanId = "";
    let fails = false;
    const next = (): void => {
      if (sent === load.requests) {
        socket.end();
        return;
      }
      const place = sent++;
      spanId = hex16(place);
      const sampled = place % load.sampledOneIn === 0;
      if (sampled) report.sampled++;
      fails = isFailing(place, load.errorPercent);
      socket.write(requestText(fails ? "/fail/" : "/orders/", place, spanId, sampled, load.from));
    };
    socket.on("connect", next);
    socket.on("data", (chunk: string) => {
      const response = reader.read(chunk);
      if (response === undefined) return;
      judge(response, spanId, fails);
      next();
    });
    await new Promise((resolve) => socket.once("close", resolve));
  }

  function judge(response: string, spanId: string, fails: boolean): void {
    if (response.startsWith(fails ? "HTTP/1.1 503 " : "HTTP/1.1 200 ")) report.ok++;
    const head = response.slice(0, response.indexOf("\r\n\r\n"));
    const told = fails ? "\r\nx-error-tree: :" : `\r\nx-error-tree: ok;id="${spanId}";s="middle"`;
    if (head.includes(told)) report.answered++;
    else if (head.toLowerCase().includes("x-error-tree")) report.strange++;
  }
}

/** Spreads the failing requests evenly. */
export function isFailing(place: number, percent: number): boolean {
  return Math.floor(((place + 1) * percent) / 100) > Math.floor((place * percent) / 100);
}

/** Ids differ from run to run, as they must not repeat within one process. */
export const RUN: number = Math.floor(Math.random() * 0xffffffff);

function requestText(
  path: string,
  place: number,
  spanId: string,
  sampled: boolean,
  from: string | undefined,
): string {
  const ask = from === undefined ? "" : `x-error-tree: ${formatAsk(spanId, from)}\r\n`;
  return (
    `GET ${path}${place % 1000} HTTP/1.1\r\nhost: middle\r\naccept: application/json\r\nuser-agent: bench\r\n` +
    `traceparent: 00-${hex16(RUN)}${spanId}-${spanId}-${sampled ? "01" : "00"}\r\n${ask}\r\n`
  );
}

let ids = 0;

/** Sixteen hex digits that look random, since maps hash them, and never repeat. */
export function hex16(salt: number): string {
  const low = Math.imul(++ids, 0x9e3779b1) >>> 0;
  const high = Math.imul(ids ^ RUN ^ salt, 0x85ebca6b) >>> 0;
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
