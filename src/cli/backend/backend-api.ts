// Asks a backend over HTTP: its address, the fields of each request, time limits, and what it says when something is wrong.
import { Readable } from "node:stream";
import { isObject, objectsIn, textIn } from "../../otlp/json-value.ts";
import { printable } from "../../tree/format.ts";
import { InputError } from "../input/input-error.ts";
import { readInput } from "../input/read-input.ts";
import type { InputSink } from "../input/span-sink.ts";
import { reasonOf } from "../reason.ts";
import { BackendError } from "./backend-error.ts";

/** Where a backend is, and the fields of every request. */
export interface BackendTarget {
  /** URL of its API, with the path that it is mounted at. */
  readonly url: URL;
  readonly fields: Readonly<Record<string, string>>;
  /** Time limit of one request, with its body. */
  readonly timeoutMs: number;
  /** A longer answer is an error. @default 256 MiB, about half of the longest text that V8 has */
  readonly mostBytes?: number;
  /** Aborts the current request. */
  readonly signal: AbortSignal;
}

/** Which backend it is. */
export interface BackendKind {
  /** As people call it. */
  readonly name: string;
  /** What the URL should be, for who gave another one. */
  readonly address: string;
  /** True if the body of a 404 is the backend's way to say that there is nothing; else nobody may serve that path. */
  isNothing(body: string): boolean;
}

type Parameters = Readonly<Record<string, string>>;

const MOST_BYTES = 256 * 1024 * 1024;
/** How much is read of a response that is an error, and how much of its reason is repeated. */
const LONGEST_ERROR = 64 * 1024;
const MOST_REASON = 300;

/** One backend. All methods throw a {@link BackendError} if it does not answer, or not as such a backend does. */
export class BackendApi {
  /** For people: without credentials. */
  readonly name: string;
  readonly #kind: BackendKind;
  readonly #target: BackendTarget;
  readonly #base: URL;
  readonly #fields: Readonly<Record<string, string>>;

  constructor(kind: BackendKind, target: BackendTarget) {
    const { url, fields } = target;
    this.name = `${kind.name} at ${url.origin}${url.pathname.replace(/\/+$/, "")}`;
    this.#kind = kind;
    this.#target = target;
    this.#base = new URL(url);
    this.#base.pathname = url.pathname.replace(/\/*$/, "/");
    this.#base.username = "";
    this.#base.password = "";
    this.#fields = { accept: "application/json", ...credentialsOf(url), ...fields };
  }

  /** An answer as JSON; `undefined` if it says that there is nothing. */
  async json(path: string, parameters: Parameters): Promise<unknown> {
    const parts: string[] = [];
    for await (const part of this.text(path, parameters)) parts.push(part);
    if (parts.length === 0) return undefined;
    try {
      return JSON.parse(parts.join(""));
    } catch {
      throw new BackendError(`${this.name}: its answer is no JSON`, true);
    }
  }

  /** An answer as text, as it comes; nothing if it says that there is nothing. */
  async *text(path: string, parameters: Parameters): AsyncGenerator<string, void> {
    const response = await this.#get(path, parameters);
    if (response.status === 404) return;
    const decoder = new TextDecoder();
    for await (const chunk of this.#body(response)) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  }

  /** Reads an answer into the sink; false if it says that there is nothing. Of one that breaks off a part may be in the sink. */
  async read(path: string, parameters: Parameters, sink: InputSink): Promise<boolean> {
    const response = await this.#get(path, parameters);
    if (response.status === 404) return false;
    let fault: unknown;
    const bytes = this.#body(response);
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield* bytes;
      } catch (error) {
        fault = error;
        throw error;
      }
    }
    try {
      const { isCut } = await readInput(Readable.from(body()), this.name, sink);
      // A part of a trace would look like the whole of it.
      if (isCut) throw new BackendError(`${this.name}: its answer breaks off`, true);
      return true;
    } catch (error) {
      if (fault !== undefined) throw fault;
      if (error instanceof BackendError || !(error instanceof InputError)) throw error;
      throw new BackendError(error.message, true);
    }
  }

  /** The bytes of an answer. What went wrong on the way is a {@link BackendError}. */
  async *#body({ body }: Response): AsyncGenerator<Uint8Array, void> {
    const { mostBytes = MOST_BYTES } = this.#target;
    let bytes = 0;
    try {
      for await (const chunk of body ?? []) {
        bytes += chunk.length;
        if (bytes > mostBytes) break;
        yield chunk;
      }
    } catch (error) {
      throw this.#unanswered(error);
    }
    if (bytes > mostBytes) {
      throw new BackendError(`${this.name}: its answer is longer than ${mostBytes / 1024 / 1024} MiB`, true);
    }
  }

  /** A response of the backend: 2xx, or 404 if its body says that there is nothing. */
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
    if (status === 404 && !isPage(response) && this.#kind.isNothing(said)) return response;
    throw new BackendError(
      `${this.name} answered ${explained(response, reason, this.#kind.address)}`,
      status >= 500 || status === 429,
      status,
    );
  }

  #unanswered(error: unknown): BackendError {
    const { timeoutMs } = this.#target;
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    const why = isLate ? `no answer within ${timeoutMs / 1000} s` : printable(reasonOf(error));
    return new BackendError(`${this.name}: ${why}`, true);
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

/** A backend's message about an error, as JSON of any form that Jaeger, Tempo and Prometheus have; `undefined` if there is none. */
export function reasonIn(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  const { error, errors, message } = body;
  if (isObject(error)) return textIn(error.message);
  if (typeof error === "string") return textIn(error);
  return textIn(objectsIn(errors)[0]?.msg) ?? textIn(message);
}

function explained(response: Response, reason: string | undefined, address: string): string {
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
  if (reason !== undefined) return `${status}: ${shortened(printable(reason))}`;
  if (page || status === 404) {
    const what = page ? "with a page" : "404";
    return `${what}: is this the address of ${address}?`;
  }
  return `${status}`;
}

function shortened(text: string): string {
  return text.length > MOST_REASON ? `${text.slice(0, MOST_REASON - 1)}…` : text;
}
