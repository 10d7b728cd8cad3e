// Records what services export, and sends it to a Collector faster than they could.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { RunError } from "../../../collector-config/program/run-error.ts";
import { asCopy, traceIdsIn } from "./trace-ids.ts";

const HOST = "127.0.0.1";
const PATH = "/v1/traces";
const AGAIN_MS = 1_000;
const MOST_TRIES = 6;
const PROTOBUF = "application/x-protobuf";

/** One request of an exporter. */
interface Export {
  /** Since the recording began. */
  readonly atMs: number;
  readonly userAgent: string;
  readonly body: Uint8Array;
}

/** An OTLP receiver that keeps what it gets. */
export class Recorder {
  readonly #server = http.createServer((request, response) => void this.#receive(request, response));
  #exports: Export[] = [];
  #start = performance.now();

  async listen(): Promise<void> {
    await once(this.#server.listen(0, HOST), "listening");
  }

  /** Base URL for the services. */
  get url(): string {
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets all that came so far. */
  begin(): void {
    this.#exports = [];
    this.#start = performance.now();
  }

  /** What came since. */
  take(): Recording {
    return new Recording(this.#exports, performance.now() - this.#start);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #receive(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const atMs = performance.now() - this.#start;
    const body = await buffer(request);
    if (request.url === PATH && request.headers["content-type"] === PROTOBUF) {
      this.#exports.push({ atMs, userAgent: String(request.headers["user-agent"]), body });
    }
    response.writeHead(200, { "content-type": PROTOBUF });
    response.end();
  }
}

/** How a recording is sent. */
export interface Replay {
  /** Base URL of the Collector. */
  readonly url: string;
  /** So many times as fast as it was recorded. */
  readonly speed: number;
  /** How often, one after the other; each time as other traces. */
  readonly copies: number;
  /** Number of the first of these copies; no number comes twice. */
  readonly first: number;
}

export class Recording {
  readonly #exports: readonly (Export & { readonly ids: readonly number[] })[];
  readonly #ms: number;

  constructor(exports: readonly Export[], ms: number) {
    this.#exports = exports.map((one) => ({ ...one, ids: traceIdsIn(one.body) }));
    this.#ms = ms;
  }

  get bodies(): Uint8Array[] {
    return this.#exports.map(({ body }) => body);
  }

  /** Sends it, and waits until the Collector has taken all. */
  async send({ url, speed, copies, first }: Replay): Promise<void> {
    const agent = new http.Agent({ keepAlive: true });
    const start = performance.now();
    const sent: Promise<void>[] = [];
    for (let copy = 0; copy < copies; copy++) {
      for (const { atMs, userAgent, body, ids } of this.#exports) {
        const due = start + (copy * this.#ms + atMs) / speed;
        await setTimeout(Math.max(0, due - performance.now()));
        sent.push(post(`${url}${PATH}`, agent, userAgent, asCopy(body, ids, first + copy)));
      }
    }
    await Promise.all(sent);
    agent.destroy();
  }
}

/** What is not taken for now comes again, as from an exporter. */
async function post(url: string, agent: http.Agent, userAgent: string, body: Uint8Array): Promise<void> {
  const headers = { "content-type": PROTOBUF, "content-length": body.length, "user-agent": userAgent };
  for (let tries = 1; ; tries++) {
    const request = http.request(url, { method: "POST", agent, headers });
    request.end(body);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    await buffer(response);
    if (response.statusCode === 200) return;
    if (response.statusCode !== 503 || tries === MOST_TRIES) {
      throw new RunError(`the Collector did not take what was recorded: ${response.statusCode}`);
    }
    await setTimeout(AGAIN_MS);
  }
}
