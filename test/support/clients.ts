// Clients as programs use them, each in the shortest call that reads a whole response.
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import axios from "axios";
import got from "got";
import nodeFetch from "node-fetch";
import * as undici8 from "undici";
import * as undici6 from "undici6";
import * as undici7 from "undici7";

/** What a program sees of a response. */
export interface Seen {
  readonly status: number;
  /** Everything in which a field could stand, as text. */
  readonly fields: string;
}

/** Calls a URL. */
export type Client = (url: string, headers?: Record<string, string>) => Promise<Seen>;

/** The versions have the same functions, and types that differ in details. */
export type Undici = typeof undici8;
export const UNDICI: Readonly<Record<string, Undici>> = {
  undici6: undici6 as unknown as Undici,
  undici7: undici7 as unknown as Undici,
  undici8,
};

function seen(status: number, parts: object): Seen {
  return { status, fields: JSON.stringify(parts) };
}

/** A request of node:http, with whatever options. */
export function httpGet(options: RequestOptions): Promise<Seen> {
  return new Promise((resolve, reject) => {
    http
      .get(options, (response) => {
        seenBy(response).then(resolve, reject);
      })
      .on("error", reject);
  });
}

async function seenBy(response: IncomingMessage): Promise<Seen> {
  const { statusCode = 0, headers, headersDistinct, rawHeaders } = response;
  await text(response);
  const { trailers, trailersDistinct, rawTrailers } = response;
  return seen(statusCode, [headers, headersDistinct, rawHeaders, trailers, trailersDistinct, rawTrailers]);
}

async function seenByFetch(response: Response): Promise<Seen> {
  await response.text();
  return seen(response.status, [...response.headers]);
}

/** One request by the lowest function of undici. */
export function dispatch(
  dispatcher: undici8.Dispatcher,
  options: undici8.Dispatcher.DispatchOptions,
): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const parts: unknown[] = [];
    let status = 0;
    const raw = (list: readonly unknown[]): string[] => list.map(String);
    dispatcher.dispatch(options, {
      // Before version 7.
      onConnect: () => {},
      onHeaders: (code: number, headers: Buffer[]) => {
        status = code;
        parts.push(raw(headers));
        return true;
      },
      onData: () => true,
      onComplete: (trailers: string[]) => resolve(seen(status, [...parts, raw(trailers)])),
      onError: reject,
      // And since.
      onRequestStart: () => {},
      onResponseStart: (controller: { rawHeaders?: Buffer[] }, code: number, headers: object) => {
        status = code;
        parts.push(headers, raw(controller.rawHeaders ?? []));
      },
      onResponseData: () => {},
      onResponseEnd: (_: unknown, trailers: object) => resolve(seen(status, [...parts, trailers])),
      onResponseError: (_: unknown, error: Error) => reject(error),
    } as undici8.Dispatcher.DispatchHandler);
  });
}

/** The functions of one version of undici. */
function functionsOf(undici: Undici): Record<string, Client> {
  const dispatcher = new undici.Agent();
  const byDispatcher =
    (make: (origin: string) => undici8.Dispatcher): Client =>
    async (url, headers = {}) => {
      const { origin, pathname, search } = new URL(url);
      const made = make(origin);
      const answer = await made.request({ origin, path: pathname + search, method: "GET", headers });
      await answer.body.text();
      await made.close();
      return seen(answer.statusCode, [answer.headers, answer.trailers]);
    };
  return {
    fetch: async (url, headers = {}) =>
      await seenByFetch((await undici.fetch(url, { headers, dispatcher })) as unknown as Response),
    request: async (url, headers = {}) => {
      const answer = await undici.request(url, { headers, dispatcher });
      await answer.body.text();
      return seen(answer.statusCode, [answer.headers, answer.trailers]);
    },
    stream: async (url, headers = {}) => {
      const parts: object[] = [];
      let status = 0;
      const { trailers } = await undici.stream(url, { method: "GET", headers, dispatcher }, (answer) => {
        status = answer.statusCode;
        parts.push(answer.headers);
        return new Writable({ write: (_chunk, _encoding, done) => done() });
      });
      return seen(status, [...parts, trailers ?? {}]);
    },
    pipeline: async (url, headers = {}) => {
      const parts: object[] = [];
      let status = 0;
      const duplex = undici.pipeline(url, { method: "GET", headers, dispatcher }, (answer) => {
        status = answer.statusCode;
        parts.push(answer.headers);
        return answer.body;
      });
      await text(duplex.end());
      return seen(status, parts);
    },
    dispatch: async (url, headers = {}) => {
      const { origin, pathname, search } = new URL(url);
      return await dispatch(dispatcher, { origin, path: pathname + search, method: "GET", headers });
    },
    Client: byDispatcher((origin) => new undici.Client(origin)),
    Pool: byDispatcher((origin) => new undici.Pool(origin)),
    RetryAgent: byDispatcher(() => new undici.RetryAgent(new undici.Agent())),
    EnvHttpProxyAgent: byDispatcher(() => new undici.EnvHttpProxyAgent()),
  };
}

function named(prefix: string, clients: Record<string, Client>): [string, Client][] {
  return Object.entries(clients).map(([name, client]) => [`${prefix} ${name}`, client]);
}

const byAxios =
  (adapter: "http" | "fetch"): Client =>
  async (url, headers = {}) => {
    const answer = await axios.get<string>(url, { adapter, headers, validateStatus: () => true });
    return seen(answer.status, [answer.headers]);
  };

/** All of them by name; each follows redirects if it does so unless told not to. */
export const CLIENTS: Readonly<Record<string, Client>> = Object.fromEntries<Client>([
  [
    "http.get",
    (url, headers = {}) => {
      const { hostname, port, pathname, search } = new URL(url);
      return httpGet({ hostname, port, path: pathname + search, headers, agent: false });
    },
  ],
  [
    "http.request",
    (url, headers = {}) =>
      new Promise((resolve, reject) => {
        const request = http.request(url, { method: "POST", agent: false }, (response) => {
          seenBy(response).then(resolve, reject);
        });
        for (const [name, value] of Object.entries(headers)) request.setHeader(name, value);
        request.on("error", reject).end("a body");
      }),
  ],
  ["fetch", async (url, headers = {}) => await seenByFetch(await fetch(url, { headers }))],
  ["axios http", byAxios("http")],
  ["axios fetch", byAxios("fetch")],
  [
    "got",
    async (url, headers = {}) => {
      const answer = await got(url, { headers, throwHttpErrors: false, retry: { limit: 0 } });
      return seen(answer.statusCode, [
        answer.headers,
        answer.rawHeaders,
        answer.trailers,
        answer.rawTrailers,
      ]);
    },
  ],
  [
    "node-fetch",
    async (url, headers = {}) =>
      await seenByFetch((await nodeFetch(url, { headers })) as unknown as Response),
  ],
  ...Object.entries(UNDICI).flatMap(([version, module]) => named(version, functionsOf(module))),
]);
