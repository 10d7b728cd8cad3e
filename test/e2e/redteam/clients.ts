// Every client of HTTP that services use, each behind the same call.
import { once } from "node:events";
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import axios, { type AxiosError, type AxiosResponse } from "axios";
import got from "got";
import nodeFetch from "node-fetch";
import * as undici from "undici";
import type { Call, Got } from "./calls.ts";

type Client = (call: Call) => Promise<Got>;

/** Every error of a certificate that nobody signed is left alone: that is not what is tried. */
const tlsOptions = { rejectUnauthorized: false };

export const CLIENTS: Readonly<Record<string, Client>> = {
  "http.get(url)": (call) => viaNode(httpOf(call).get(urlOf(call), optionsOf(call))),
  "http.request(options)": (call) =>
    viaNode(
      httpOf(call)
        .request({ ...placeOf(call), ...optionsOf(call) })
        .end(),
    ),
  fetch: (call) => viaFetch(call, fetch as unknown as FetchLike),
  "undici.fetch": (call) => viaFetch(call, undici.fetch as unknown as FetchLike),
  "undici.request(url)": (call) =>
    withAgent(call, (dispatcher) =>
      ofUndici(undici.request(urlOf(call), { dispatcher, headers: { ...call.headers } })),
    ),
  "agent.request": (call) => withAgent(call, (agent) => ofUndici(agent.request(dispatchOf(call)))),
  "agent.stream": (call) => withAgent(call, viaStream(call)),
  "agent.pipeline": (call) => withAgent(call, viaPipeline(call)),
  "agent.dispatch": (call) => withAgent(call, viaDispatch(call)),
  Client: (call) =>
    withDispatcher(new undici.Client(bareOrigin(call), connectOf(call)), (client) =>
      ofUndici(client.request(pathOf(call))),
    ),
  Pool: (call) =>
    withDispatcher(new undici.Pool(bareOrigin(call), connectOf(call)), (pool) =>
      ofUndici(pool.request(pathOf(call))),
    ),
  RetryAgent: (call) =>
    withDispatcher(new undici.RetryAgent(agentOf(call), { maxRetries: 1, minTimeout: 1 }), (agent) =>
      ofUndici(agent.request(dispatchOf(call))),
    ),
  ProxyAgent: (call) => withAgent(call, (agent) => ofUndici(agent.request(dispatchOf(call)))),
  EnvHttpProxyAgent: (call) => withAgent(call, (agent) => ofUndici(agent.request(dispatchOf(call)))),
  "http.Agent, proxyEnv": (call) =>
    viaNode(httpOf(call).get(urlOf(call), { ...optionsOf(call), agent: proxyingAgent(call) })),
  "redirect interceptor": (call) =>
    withDispatcher(agentOf(call).compose(undici.interceptors.redirect({ maxRedirections: 3 })), (agent) =>
      ofUndici(agent.request(dispatchOf(call))),
    ),
  "axios, http": (call) => viaAxios(call, "http"),
  "axios, fetch": (call) => viaAxios(call, "fetch"),
  got: viaGot,
  "node-fetch": (call) => viaFetch(call, nodeFetch as unknown as FetchLike),
};

/** Makes a call; what goes wrong in it is part of what the program got. */
export async function make(call: Call): Promise<Got> {
  const client = CLIENTS[call.client];
  if (client === undefined) throw new TypeError(`no client ${call.client}`);
  try {
    return await client(call);
  } catch (error) {
    const { message, cause } = error as Error;
    return {
      status: 0,
      error: `${message} ${(cause as Error | undefined)?.message ?? ""}`.trim(),
      printed: printedOf(error),
    };
  }
}

/** As a person prints it, and as a logger writes it. */
function printedOf(value: unknown): string {
  const printed = inspect(value, { depth: 4, maxArrayLength: null, maxStringLength: null });
  try {
    return printed + JSON.stringify(value);
  } catch {
    return printed;
  }
}

/** Everything that undici's cache keeps of a response. */
export async function keptByUndici(origin: string): Promise<unknown> {
  const store = new undici.cacheStores.MemoryCacheStore();
  const agent = new undici.Agent().compose(undici.interceptors.cache({ store }));
  const request = { origin, path: "/x", method: "GET" } as const;
  await ofUndici(agent.request(request));
  const kept = store.get({ ...request, headers: {} });
  const again = await ofUndici(agent.request(request));
  await agent.close();
  return { kept, again };
}

function urlOf({ origin, path }: Call): string {
  return origin + path;
}

/** Without a user: dispatchers take none. */
function bareOrigin({ origin }: Call): string {
  return new URL(origin).origin;
}

function httpOf({ origin }: Call): typeof http | typeof https {
  return origin.startsWith("https:") ? https : http;
}

function optionsOf({ headers, socketPath }: Call): RequestOptions {
  return {
    agent: false,
    headers: { ...headers },
    ...tlsOptions,
    ...(socketPath === undefined ? {} : { socketPath }),
  };
}

function placeOf({ origin, path }: Call): RequestOptions {
  const { hostname, port } = new URL(origin);
  return { host: hostname.replace(/^\[|\]$/g, ""), ...(port === "" ? {} : { port }), path };
}

async function viaNode(request: http.ClientRequest): Promise<Got> {
  // What a program looks at when its own listener runs is what it sees first.
  let early = "";
  request.once("response", ({ headers, rawHeaders }: IncomingMessage) => {
    early = printedOf([headers, rawHeaders]);
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await text(response);
  const { statusCode = 0, headers, rawHeaders, trailers, rawTrailers } = response;
  return {
    status: statusCode,
    headers: [headers, rawHeaders, early],
    trailers: [trailers, rawTrailers],
    printed: printedOf(response) + printedOf(request),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: three implementations, of which each has types of its own
type FetchLike = (url: string, options: any) => Promise<Response>;

async function viaFetch(call: Call, implementation: FetchLike): Promise<Got> {
  const dispatcher = needsAgent(call) ? agentOf(call) : undefined;
  const agent =
    call.socketPath === undefined
      ? undefined
      : new http.Agent({ socketPath: call.socketPath } as http.AgentOptions);
  try {
    const response = await implementation(urlOf(call), {
      headers: { ...call.headers },
      ...(dispatcher && { dispatcher }),
      ...(agent && { agent }),
    });
    await response.text();
    return { status: response.status, headers: [...response.headers], printed: printedOf(response) };
  } finally {
    await dispatcher?.close();
  }
}

function needsAgent({ proxy, socketPath, origin }: Call): boolean {
  return proxy !== undefined || socketPath !== undefined || origin.startsWith("https:");
}

function connectOf({ socketPath }: Call): undici.Client.Options {
  return {
    connect: { ...tlsOptions, ...(socketPath === undefined ? {} : { socketPath }) },
  } as undici.Client.Options;
}

function agentOf(call: Call): undici.Dispatcher {
  if (call.proxy === undefined) return new undici.Agent(connectOf(call) as undici.Agent.Options);
  if (call.client === "EnvHttpProxyAgent")
    return new undici.EnvHttpProxyAgent({ httpProxy: call.proxy, httpsProxy: call.proxy, noProxy: "" });
  return new undici.ProxyAgent({ uri: call.proxy, proxyTunnel: call.tunnel ?? true, requestTls: tlsOptions });
}

function proxyingAgent({ proxy = "" }: Call): http.Agent {
  const options = { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
  return new http.Agent(options as http.AgentOptions);
}

function pathOf({ path, headers }: Call): { path: string; method: "GET"; headers: Record<string, string> } {
  return { path, method: "GET", headers: { ...headers } };
}

function dispatchOf(call: Call): ReturnType<typeof pathOf> & { origin: string } {
  return { ...pathOf(call), origin: bareOrigin(call) };
}

function withAgent(call: Call, use: (agent: undici.Dispatcher) => Promise<Got>): Promise<Got> {
  return withDispatcher(agentOf(call), use);
}

async function withDispatcher<D extends undici.Dispatcher>(
  dispatcher: D,
  use: (dispatcher: D) => Promise<Got>,
): Promise<Got> {
  try {
    return await use(dispatcher);
  } finally {
    await dispatcher.close();
  }
}

async function ofUndici(request: Promise<undici.Dispatcher.ResponseData>): Promise<Got> {
  const response = await request;
  const { statusCode, headers, trailers, body } = response;
  await body.text();
  return { status: statusCode, headers, trailers, printed: printedOf(response) };
}

function viaStream(call: Call): (agent: undici.Dispatcher) => Promise<Got> {
  return async (agent) => {
    let status = 0;
    let headers: unknown;
    const sink = ({ statusCode, headers: fields }: undici.Dispatcher.StreamFactoryData): Writable => {
      status = statusCode;
      headers = fields;
      return new Writable({ write: (_chunk, _encoding, done) => done() });
    };
    const { trailers } = await agent.stream(dispatchOf(call), sink);
    return { status, headers, trailers, printed: printedOf({ headers, trailers }) };
  };
}

function viaPipeline(call: Call): (agent: undici.Dispatcher) => Promise<Got> {
  return async (agent) => {
    let got: Got = { status: 0, printed: "" };
    const stream = agent.pipeline(dispatchOf(call), ({ statusCode, headers, body }) => {
      got = { status: statusCode, headers, printed: printedOf({ headers }) };
      return body;
    });
    stream.end();
    await text(stream);
    return got;
  };
}

function viaDispatch(call: Call): (agent: undici.Dispatcher) => Promise<Got> {
  return (agent) =>
    new Promise((resolve, reject) => {
      let status = 0;
      let headers: unknown;
      let raw: unknown;
      agent.dispatch(dispatchOf(call), {
        onRequestStart() {},
        onResponseStart(controller, statusCode, fields) {
          status = statusCode;
          headers = fields;
          raw = (controller as { rawHeaders?: Buffer[] }).rawHeaders?.map(String);
        },
        onResponseData() {},
        onResponseEnd(controller, trailers) {
          const rawTrailers = (controller as { rawTrailers?: Buffer[] }).rawTrailers?.map(String);
          resolve({
            status,
            headers: [headers, raw],
            trailers: [trailers, rawTrailers],
            printed: printedOf({ headers, raw }),
          });
        },
        onResponseError: (_controller, error) => reject(error),
      });
    });
}

async function viaAxios(call: Call, adapter: "http" | "fetch"): Promise<Got> {
  const { headers, socketPath, proxy } = call;
  const at = proxy === undefined ? undefined : new URL(proxy);
  try {
    const response = await axios.get(urlOf(call), {
      adapter,
      headers: { ...headers },
      ...(socketPath === undefined ? {} : { socketPath }),
      proxy: at === undefined ? false : { protocol: "http", host: at.hostname, port: Number(at.port) },
      httpsAgent: new https.Agent(tlsOptions),
    });
    return ofAxios(response, response);
  } catch (error) {
    const { response } = error as AxiosError;
    if (response === undefined) throw error;
    return ofAxios(response, error);
  }
}

function ofAxios(response: AxiosResponse, printed: unknown): Got {
  return { status: response.status, headers: { ...response.headers }, printed: printedOf(printed) };
}

async function viaGot(call: Call): Promise<Got> {
  const { headers, socketPath, origin, path } = call;
  const url =
    socketPath === undefined ? urlOf(call) : `${new URL(origin).protocol}//unix:${socketPath}:${path}`;
  const options = {
    headers: { ...headers },
    retry: { limit: 0 },
    enableUnixSockets: true,
    https: tlsOptions,
  };
  try {
    const response = await got(url, options);
    return {
      status: response.statusCode,
      headers: [response.headers, response.rawHeaders],
      printed: printedOf(response),
    };
  } catch (error) {
    const { response } = error as { readonly response?: IncomingMessage };
    if (response === undefined) throw error;
    return {
      status: response.statusCode ?? 0,
      headers: [response.headers, response.rawHeaders],
      printed: printedOf(error),
    };
  }
}
