// Calls Jaeger's query API over HTTP: single traces, the failing ones of a service, those of an operation.
import { Readable } from "node:stream";
import { isObject, objectsIn, textIn } from "../../otlp/json-value.ts";
import { printable } from "../../tree/format.ts";
import { InputError } from "../input/input-error.ts";
import { readInput } from "../input/read-input.ts";
import type { InputSink } from "../input/span-sink.ts";
import { reasonOf } from "../reason.ts";
import { JaegerError } from "./jaeger-error.ts";

/** Where Jaeger is, and the fields of every request. */
export interface JaegerTarget {
  /** URL of the query service, with the path that it is mounted at. */
  readonly url: URL;
  readonly fields: Readonly<Record<string, string>>;
  /** Time limit of one request, with its body. */
  readonly timeoutMs: number;
  /** Aborts the current request. */
  readonly signal: AbortSignal;
}

/** A trace that a search found. */
export interface FoundTrace {
  readonly traceId: string;
  /** How many spans Jaeger had. */
  readonly spans: number;
  /** Start of its first span, in microseconds since the epoch. */
  readonly start: number;
}

/** What {@link JaegerApi.ofOperation} looks for. */
export interface OperationQuery {
  readonly service: string;
  /** Name of a span of the service. */
  readonly spanName: string;
  /** Start of that span, in milliseconds since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

type Parameters = Readonly<Record<string, string>>;

/** Attribute of the first span of a service's part of a trace, if that part failed. */
const FAILED = JSON.stringify({ "error_tree.verdict": "failed" });
/** How much is read of a response that is an error. */
const LONGEST_ERROR = 64 * 1024;

/** One Jaeger. All methods throw a {@link JaegerError} if it does not answer, or not as Jaeger does. */
export class JaegerApi {
  /** For people: without credentials. */
  readonly name: string;
  readonly #target: JaegerTarget;
  readonly #base: URL;
  readonly #fields: Readonly<Record<string, string>>;

  constructor(target: JaegerTarget) {
    const { url, fields } = target;
    this.name = `Jaeger at ${url.origin}${url.pathname.replace(/\/+$/, "")}`;
    this.#target = target;
    this.#base = new URL(url);
    this.#base.pathname = url.pathname.replace(/\/*$/, "/");
    this.#base.username = "";
    this.#base.password = "";
    this.#fields = { accept: "application/json", ...credentialsOf(url), ...fields };
  }

  /**
   * Reads the spans of a trace as they were stored: otherwise Jaeger moves them in time if it thinks that clocks differ.
   *
   * @returns false if Jaeger does not know the trace
   */
  trace(traceId: string, sink: InputSink): Promise<boolean> {
    return this.#read(`api/v3/traces/${traceId}`, { raw_traces: "true" }, sink);
  }

  /** Reads traces with such a span, in any order and with all their spans. False if there are none. */
  ofOperation({ service, spanName, fromMs, toMs, limit }: OperationQuery, sink: InputSink): Promise<boolean> {
    const parameters = {
      "query.service_name": service,
      "query.operation_name": spanName,
      "query.start_time_min": new Date(fromMs).toISOString(),
      "query.start_time_max": new Date(toMs).toISOString(),
      "query.num_traces": `${limit}`,
      "query.raw_traces": "true",
    };
    return this.#read("api/v3/traces", parameters, sink);
  }

  /**
   * Traces in which the service's part failed, by their starts. If there are more than `limit`, these are about the newest: a
   * store may order traces by arrival instead of by start. This uses the API of Jaeger's page, because v3 searches by
   * attributes only in Jaeger after 2.13.
   *
   * @param sinceMs - start of the part, in milliseconds since the epoch
   */
  async failing(service: string, limit: number, sinceMs: number): Promise<FoundTrace[]> {
    const found = new Map<string, FoundTrace>();
    const sink: InputSink = {
      span: (traceId, { start }) => {
        const known = found.get(traceId);
        found.set(traceId, {
          traceId,
          spans: (known?.spans ?? 0) + 1,
          start: Math.min(known?.start ?? start, start),
        });
      },
      tree: () => {},
    };
    const parameters = { service, tags: FAILED, limit: `${limit}`, start: `${sinceMs * 1000}`, raw: "true" };
    await this.#read("api/traces", parameters, sink);
    return [...found.values()].sort((a, b) => a.start - b.start || (a.traceId < b.traceId ? -1 : 1));
  }

  /** Names of the services that Jaeger has spans of. */
  async services(): Promise<string[]> {
    const response = await this.#get("api/v3/services", {});
    let body: unknown;
    try {
      body = await response.json();
    } catch (error) {
      throw this.#unanswered(error);
    }
    const services = isObject(body) && Array.isArray(body.services) ? body.services : [];
    return services.filter((name) => typeof name === "string");
  }

  /** Reads an answer into the sink; false if it says that there is nothing. */
  async #read(path: string, parameters: Parameters, sink: InputSink): Promise<boolean> {
    const response = await this.#get(path, parameters);
    if (response.status === 404) return false;
    let fault: unknown;
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        if (response.body !== null) yield* response.body;
      } catch (error) {
        fault = error;
        throw error;
      }
    }
    try {
      await readInput(Readable.from(body()), this.name, sink);
      return true;
    } catch (error) {
      if (fault !== undefined) throw this.#unanswered(fault);
      throw error instanceof InputError ? new JaegerError(error.message, true) : error;
    }
  }

  /** A response of Jaeger: 2xx, or 404 if its body says that there is nothing. */
  async #get(path: string, parameters: Parameters): Promise<Response> {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const { signal, timeoutMs } = this.#target;
    let response: Response;
    let said = "";
    try {
      response = await fetch(url, {
        headers: this.#fields,
        // The fields may hold credentials: a redirect to another host must not get them.
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      if (!response.ok) said = await headOf(response);
    } catch (error) {
      throw this.#unanswered(error);
    }
    const { status } = response;
    const reason = reasonIn(said);
    if (response.ok && !isPage(response)) return response;
    if (status === 404 && reason !== undefined) return response;
    throw new JaegerError(
      `${this.name} answered ${explained(response, reason)}`,
      status >= 500 || status === 429,
    );
  }

  #unanswered(error: unknown): JaegerError {
    const { timeoutMs } = this.#target;
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    const why = isLate ? `no answer within ${timeoutMs / 1000} s` : printable(reasonOf(error));
    return new JaegerError(`${this.name}: ${why}`, true);
  }
}

/** `fetch` refuses credentials in a URL. */
function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === "" && password === "") return {};
  const text = `${decoded(username)}:${decoded(password)}`;
  return { authorization: `Basic ${Buffer.from(text).toString("base64")}` };
}

/** A percent sign that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isPage({ headers }: Response): boolean {
  return headers.get("content-type")?.includes("text/html") === true;
}

/** The beginning of a body. */
async function headOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > LONGEST_ERROR) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Jaeger's message about an error, in the form of either API; `undefined` if the response is not Jaeger's. */
function reasonIn(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  const { error, errors } = body;
  return isObject(error) ? textIn(error.message) : textIn(objectsIn(errors)[0]?.msg);
}

function explained(response: Response, reason: string | undefined): string {
  const { status, headers } = response;
  const page = isPage(response);
  if (status >= 300 && status < 400) {
    const location = headers.get("location") ?? "";
    const where = URL.canParse(location) ? ` (${printable(new URL(location).origin)})` : "";
    return `${status}: it sends to another address${where}: give that one, or say who asks, by --header`;
  }
  if (status === 401 || status === 403) {
    return `${status}: it wants to know who asks, as by --header 'Authorization: Bearer …'`;
  }
  if (reason !== undefined) return `${status}: ${printable(reason)}`;
  if (page || status === 404) {
    const what = page ? "with a page" : "404";
    return `${what}: is this the address of its query service, as http://localhost:16686?`;
  }
  return `${status}`;
}
