// Every client of HTTP that programs use, each behind the same call.
import { once } from "node:events";
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import axios, { type AxiosError, type AxiosResponse } from "axios";
import got from "got";
import nodeFetch from "node-fetch";
import * as newest from "undici";

/** One call: plain data, so that it can be sent to the process that makes it. */
export interface Call {
  /** Scheme, host and port; with a user before the host where a URL has one. */
  readonly origin: string;
  /** As it is to stand in the first line. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly socketPath?: string;
  /** URL of a forward proxy. */
  readonly proxy?: string;
  /** Has the proxy hand on a tunnel, where the client can do both. @default true */
  readonly tunnel?: boolean;
}

/** What the program saw. */
export interface Got {
  readonly status: number;
  /** The response's fields in whatever shape the client gives them. */
  readonly headers?: unknown;
  readonly trailers?: unknown;
  /** What `util.inspect` prints of the response or error, four levels deep, and what a logger writes of it. */
  readonly printed: string;
  /** Error that the call ended with. */
  readonly error?: string;
}

type Client = (call: Call) => Promise<Got>;

export type Undici = typeof newest;
type Dispatcher = newest.Dispatcher;

/** Every error of a certificate that nobody signed is left alone: that is not what is tried. */
const tlsOptions = { rejectUnauthorized: false };

/** All but the functions of undici, by name; each follows redirects if it does so unless told not to. */
export const CLIENTS: Readonly<Record<string, Client>> = {
  "http.get(url)": (call) => viaNode(httpOf(call).get(urlOf(call), optionsOf(call))),
  "http.request(options)": (call) =>
    viaNode(
      httpOf(call)
        .request({ ...placeOf(call), ...optionsOf(call) })
        .end(),
    ),
  "http.request, a body": (call) => {
    const { headers = {}, ...options } = optionsOf(call);
    const request = httpOf(call).request(urlOf(call), { ...options, method: "POST" });
    for (const [name, value] of Object.entries(headers)) request.setHeader(name, value as string);
    return viaNode(request.end("a body"));
  },
  "http.Agent, proxyEnv": (call) =>
    viaNode(httpOf(call).get(urlOf(call), { ...optionsOf(call), agent: proxyingAgent(call) })),
  fetch: (call) => viaFetch(newest, call, fetch as unknown as FetchLike),
  "axios, http": (call) => viaAxios(call, "http"),
  "axios, fetch": (call) => viaAxios(call, "fetch"),
  got: viaGot,
  "node-fetch": (call) => viaFetch(newest, call, nodeFetch as unknown as FetchLike),
};

/** The functions of one version of undici, by name. */
export function clientsOf(undici: Undici): Readonly<Record<string, Client>> {
  const agentOf = (call: Call): Dispatcher => agentFor(undici, call);
  const requesting =
    (make: (call: Call) => Dispatcher): Client =>
    (call) =>
      withDispatcher(make(call), (dispatcher) => ofUndici(dispatcher.request(dispatchOf(call))));
  return {
    "undici.fetch": (call) => viaFetch(undici, call, undici.fetch as unknown as FetchLike),
    "undici.request(url)": (call) =>
      withDispatcher(agentOf(call), (dispatcher) =>
        ofUndici(undici.request(urlOf(call), { dispatcher, headers: { ...call.headers } })),
      ),
    "agent.request": requesting(agentOf),
    "agent.stream": (call) => withDispatcher(agentOf(call), (agent) => viaStream(agent, call)),
    "agent.pipeline": (call) => withDispatcher(agentOf(call), (agent) => viaPipeline(agent, call)),
    "agent.dispatch": (call) =>
      withDispatcher(agentOf(call), (agent) => viaDispatch(agent, dispatchOf(call))),
    Client: requesting((call) => new undici.Client(bareOrigin(call), connectOf(call))),
    Pool: requesting((call) => new undici.Pool(bareOrigin(call), connectOf(call))),
    RetryAgent: requesting((call) => new undici.RetryAgent(agentOf(call), { maxRetries: 1, minTimeout: 1 })),
    "redirect interceptor": requesting((call) =>
      agentOf(call).compose(undici.interceptors.redirect({ maxRedirections: 3 })),
    ),
    ProxyAgent: requesting(agentOf),
    EnvHttpProxyAgent: requesting(
      ({ proxy }) =>
        new undici.EnvHttpProxyAgent(
          proxy === undefined ? {} : { httpProxy: proxy, httpsProxy: proxy, noProxy: "" },
        ),
    ),
  };
}

/** Makes a call; what goes wrong in it is part of what the program got. */
export async function make(client: Client, call: Call): Promise<Got> {
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

/** The call of a URL, of which nothing is changed. */
export function callTo(url: string, headers: Readonly<Record<string, string>> = {}): Call {
  const [, origin = "", path = ""] = /^(\w+:[/\\]{2}[^/\\]*)(.*)$/.exec(url) ?? [];
  return { origin, path, headers };
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
  return { agent: false, headers: { ...headers }, ...tlsOptions, ...(socketPath && { socketPath }) };
}

function placeOf({ origin, path }: Call): RequestOptions {
  const { hostname, port } = new URL(origin);
  return { host: hostname.replace(/^\[|\]$/g, ""), ...(port && { port }), path };
}

/** A request of node:http, with whatever options. */
export async function httpGet(options: RequestOptions): Promise<Got> {
  return viaNode(http.get(options));
}

async function viaNode(request: ClientRequest): Promise<Got> {
  // What a program looks at when its own listener runs is what it sees first.
  let early = "";
  request.once("response", ({ headers, headersDistinct, rawHeaders }: IncomingMessage) => {
    early = printedOf([headers, headersDistinct, rawHeaders]);
  });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await text(response);
  const { headers, headersDistinct, rawHeaders, trailers, trailersDistinct, rawTrailers } = response;
  return {
    status: response.statusCode ?? 0,
    headers: [headers, headersDistinct, rawHeaders, early],
    trailers: [trailers, trailersDistinct, rawTrailers],
    printed: printedOf(response) + printedOf(request),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: three implementations, of which each has types of its own
type FetchLike = (url: string, options: any) => Promise<Response>;

async function viaFetch(undici: Undici, call: Call, implementation: FetchLike): Promise<Got> {
  const { socketPath, headers } = call;
  const dispatcher = needsAgent(call) ? agentFor(undici, call) : undefined;
  const agent = socketPath && new http.Agent({ socketPath } as http.AgentOptions);
  try {
    const response = await implementation(urlOf(call), {
      headers: { ...headers },
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

function connectOf({ socketPath }: Call): newest.Client.Options {
  return { connect: { ...tlsOptions, ...(socketPath && { socketPath }) } } as newest.Client.Options;
}

function agentFor(undici: Undici, call: Call): Dispatcher {
  const { proxy, tunnel = true } = call;
  return proxy === undefined
    ? new undici.Agent(connectOf(call) as newest.Agent.Options)
    : new undici.ProxyAgent({ uri: proxy, proxyTunnel: tunnel, requestTls: tlsOptions });
}

function proxyingAgent({ proxy = "" }: Call): http.Agent {
  const options = { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
  return new http.Agent(options as http.AgentOptions);
}

function dispatchOf(call: Call): newest.Dispatcher.DispatchOptions {
  return { origin: bareOrigin(call), path: call.path, method: "GET", headers: { ...call.headers } };
}

async function withDispatcher(
  dispatcher: Dispatcher,
  use: (dispatcher: Dispatcher) => Promise<Got>,
): Promise<Got> {
  try {
    return await use(dispatcher);
  } finally {
    await dispatcher.close();
  }
}

/** What a program gets from a request of undici. */
export async function ofUndici(request: Promise<newest.Dispatcher.ResponseData>): Promise<Got> {
  const response = await request;
  const { statusCode, headers, trailers, body } = response;
  await body.text();
  return { status: statusCode, headers, trailers, printed: printedOf(response) };
}

async function viaStream(agent: Dispatcher, call: Call): Promise<Got> {
  let status = 0;
  let headers: unknown;
  const { trailers } = await agent.stream(dispatchOf(call), (response) => {
    ({ statusCode: status, headers } = response);
    return new Writable({ write: (_chunk, _encoding, done) => done() });
  });
  return { status, headers, trailers, printed: printedOf({ headers, trailers }) };
}

async function viaPipeline(agent: Dispatcher, call: Call): Promise<Got> {
  let seen: Got = { status: 0, printed: "" };
  const stream = agent.pipeline(dispatchOf(call), ({ statusCode, headers, body }) => {
    seen = { status: statusCode, headers, printed: printedOf({ headers }) };
    return body;
  });
  await text(stream.end());
  return seen;
}

/** One request by the lowest function of undici. */
export function viaDispatch(agent: Dispatcher, options: newest.Dispatcher.DispatchOptions): Promise<Got> {
  return new Promise((resolve, reject) => {
    let status = 0;
    const headers: unknown[] = [];
    const raw = (list: readonly unknown[] = []): string[] => list.map(String);
    const end = (trailers: unknown): void =>
      resolve({ status, headers, trailers, printed: printedOf(headers) });
    agent.dispatch(options, {
      // Before version 7.
      onConnect: () => {},
      onHeaders: (code: number, list: Buffer[]) => {
        status = code;
        headers.push(raw(list));
        return true;
      },
      onData: () => true,
      onComplete: (trailers: Buffer[]) => end(raw(trailers)),
      onError: reject,
      // And since.
      onRequestStart: () => {},
      onResponseStart: ({ rawHeaders }: { rawHeaders?: Buffer[] }, code: number, fields: object) => {
        status = code;
        headers.push(fields, raw(rawHeaders));
      },
      onResponseData: () => {},
      onResponseEnd: ({ rawTrailers }: { rawTrailers?: Buffer[] }, trailers: object) =>
        end([trailers, raw(rawTrailers)]),
      onResponseError: (_: unknown, error: Error) => reject(error),
    } as newest.Dispatcher.DispatchHandler);
  });
}

async function viaAxios(call: Call, adapter: "http" | "fetch"): Promise<Got> {
  const { headers, socketPath, proxy } = call;
  const at = proxy === undefined ? undefined : new URL(proxy);
  try {
    const response = await axios.get(urlOf(call), {
      adapter,
      headers: { ...headers },
      ...(socketPath && { socketPath }),
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
    return ofGot(response, response);
  } catch (error) {
    const { response } = error as { readonly response?: IncomingMessage };
    if (response === undefined) throw error;
    return ofGot(response, error);
  }
}

function ofGot(response: IncomingMessage, printed: unknown): Got {
  const { statusCode = 0, headers, rawHeaders, trailers, rawTrailers } = response;
  return {
    status: statusCode,
    headers: [headers, rawHeaders],
    trailers: [trailers, rawTrailers],
    printed: printedOf(printed),
  };
}
