// Asks on requests of undici and fetch: decided when a request is made, and once more when it is known who is connected.
import type { Socket } from "node:net";
import { HEADER_NAME, idOfAsk } from "../../wire/header.ts";
import { type Asks, type Call, HEAD_BYTES } from "../asks.ts";
import { callOf, keepCall } from "../call-slot.ts";
import { isNamed } from "../given-fields.ts";
import type { ClientHooks } from "../hooks.ts";
import { isNamelessPeer } from "../receive.ts";

/** A request of undici, as its channels show it. */
export interface UndiciRequest {
  /** A text or a URL. Before version 7 what the program said, whatever the client is connected to. */
  readonly origin: unknown;
  readonly path: string;
  readonly method: string;
  readonly upgrade?: unknown;
  /** The `Host` field that the program gave. */
  readonly host?: unknown;
  /** Names and values in turn, or one text in versions before 6. */
  headers: string | (string | readonly string[])[];
  addHeader?(name: string, value: string): unknown;
}

/** Fields that undici adds itself, and the line's ends. */
const IMPLICIT_BYTES = 300;
/** Most origins whose authority is remembered, and the longest of them. */
const REMEMBERED_ORIGINS = 1000;
const LONGEST_ORIGIN = 300;

/** The requests that were seen, and whether an ask went along. */
export class UndiciAsks {
  readonly #asks: Asks;
  readonly #desk: Pick<ClientHooks, "operationOf" | "recordedTwice">;
  readonly #authorities = new Map<string, string>();
  /** Sockets of proxies that hand on what is written there, in clear. */
  readonly #tunnels = new WeakSet<object>();

  constructor(asks: Asks, desk: Pick<ClientHooks, "operationOf" | "recordedTwice">) {
    this.#asks = asks;
    this.#desk = desk;
  }

  callOf(request: UndiciRequest): Call | undefined {
    return callOf(request, this.#asks);
  }

  /**
   * Puts the ask in the place of the note on a request that was just made. Who listens first comes first: the note is there
   * already, or will be added.
   */
  see(request: UndiciRequest): void {
    const { headers, addHeader } = request;
    let last = typeof headers === "string" ? this.#inText(request, headers) : this.#inList(request, headers);
    if (addHeader === undefined) return;
    request.addHeader = (name, value) => {
      const id = isNamed(name, HEADER_NAME) ? this.#idIn(value) : undefined;
      // Instrumented twice: what the last one says takes the place of what the first one did.
      if (last !== undefined && typeof headers !== "string") {
        dropRepeated(headers, headers.length, [name, value], last);
        if (id !== undefined) this.#desk.recordedTwice(last, id);
      }
      last = id ?? last;
      const text = id === undefined ? value : this.#askFor(request, id);
      return text === undefined ? request : addHeader.call(request, name, text);
    };
  }

  /**
   * The last look before the head of a request is sent: true if it goes to whom the request was meant for. `head` is its text,
   * with the `Host` field of who is connected.
   */
  isMeantFor({ method, path }: UndiciRequest, { authority }: Call, head: string, socket: Socket): boolean {
    const line = `${authority}\r\n`;
    // HTTP/1.1 has the field behind the first line, HTTP/2 has none like it.
    const namesIt =
      head.startsWith(`host: ${line}`, method.length + path.length + 12) ||
      head.includes(`:authority: ${line}`);
    return (
      namesIt &&
      !this.#tunnels.has(socket) &&
      !isNamelessPeer(socket) &&
      this.#asks.hosts.authorityMayLeadTo(authority, socket.remoteAddress)
    );
  }

  /** Beyond a tunnel there is somebody whom only the proxy knows. */
  tunnels(socket: Socket): void {
    this.#tunnels.add(socket);
  }

  #inList(request: UndiciRequest, headers: (string | readonly string[])[]): string | undefined {
    let last: string | undefined;
    for (let i = headers.length - 2; i >= 0; i -= 2) {
      const id = isNamed(headers[i], HEADER_NAME) ? this.#idIn(headers[i + 1]) : undefined;
      if (id === undefined) continue;
      if (last === undefined) {
        last = id;
        const ask = this.#askFor(request, id);
        if (ask === undefined) headers.splice(i, 2);
        else headers[i + 1] = ask;
        continue;
      }
      // Instrumented twice: the innermost span is the last, and what comes behind this note is its own.
      this.#desk.recordedTwice(id, last);
      for (let j = i + 2; j < headers.length; j += 2) {
        const field = [headers[j], headers[j + 1]] as const;
        if (!dropRepeated(headers, i, field, id)) continue;
        i -= 2;
        j -= 2;
      }
      headers.splice(i, 2);
    }
    return last;
  }

  #inText(request: UndiciRequest, headers: string): string | undefined {
    const start = headers.indexOf(`${HEADER_NAME}: ${this.#asks.mark}`);
    if (start < 0) return undefined;
    const end = headers.indexOf("\r\n", start);
    const id = this.#idIn(headers.slice(start + HEADER_NAME.length + 2, end)) as string;
    const ask = this.#askFor(request, id);
    const line = ask === undefined ? "" : `${HEADER_NAME}: ${ask}\r\n`;
    request.headers = headers.slice(0, start) + line + headers.slice(end + 2);
    return id;
  }

  /** The span of a note; or of an ask that was written for a transport which shows no request, on Node 20. */
  #idIn(value: unknown): string | undefined {
    const id = this.#asks.idIn(value);
    if (id !== undefined) return id;
    const asked = idOfAsk(value);
    return asked === undefined || this.#desk.operationOf(asked) === undefined ? undefined : asked;
  }

  #askFor(request: UndiciRequest, id: string): string | undefined {
    const authority = this.#authorityOf(request);
    const ask = this.#mayAsk(request, authority) ? this.#asks.askOf(id) : undefined;
    const fits = ask !== undefined && bytesOf(request) + ask.length <= HEAD_BYTES;
    keepCall(request, { by: this.#asks, id, authority, state: fits ? "written" : "silent" });
    return fits ? ask : undefined;
  }

  /** A path with two slashes, or a whole URL, is for whoever it names if a proxy gets it. */
  #mayAsk({ path, method, upgrade, origin }: UndiciRequest, authority: string): boolean {
    const { hosts, isOpen } = this.#asks;
    if (!isOpen || method === "CONNECT" || upgrade) return false;
    if (!path.startsWith("/") || path.startsWith("/", 1) || path.startsWith("\\", 1)) return false;
    return hosts.hasAuthority(this.#authorityOfOrigin(origin)) && hosts.hasAuthority(authority);
  }

  #authorityOf({ host, origin }: UndiciRequest): string {
    return typeof host === "string" ? host : this.#authorityOfOrigin(origin);
  }

  /** `host:port`; empty for what is no origin. */
  #authorityOfOrigin(origin: unknown): string {
    const text = String(origin);
    const known = this.#authorities.get(text);
    if (known !== undefined) return known;
    if (text.length > LONGEST_ORIGIN || !URL.canParse(text)) return "";
    const { host, username, password } = new URL(text);
    const authority = username === "" && password === "" ? host : "";
    if (this.#authorities.size >= REMEMBERED_ORIGINS) this.#authorities.clear();
    this.#authorities.set(text, authority);
    return authority;
  }
}

/** Takes an ask off a head that is about to be given to a socket: the head is made, and nobody else can change it any more. */
export function takeOff(socket: Socket, head: string, { id }: Call): void {
  const start = head.indexOf(`${HEADER_NAME}: v=1, id="${id}"`);
  if (start < 0) return;
  const line = head.slice(start, head.indexOf("\r\n", start) + 2);
  const own = Object.getOwnPropertyDescriptor(socket, "write");
  const write = socket.write as (...args: unknown[]) => boolean;
  socket.write = function (this: Socket, chunk: unknown, ...rest: unknown[]) {
    if (own === undefined) delete (socket as Partial<Socket>).write;
    else Object.defineProperty(socket, "write", own);
    return write.call(this, typeof chunk === "string" ? chunk.replace(line, "") : chunk, ...rest);
  } as Socket["write"];
}

/**
 * Takes a field out of a list that a later one of the same name repeats: it says the same, or names the span of an
 * instrumentation that came before. False if there is none before that place.
 */
function dropRepeated(
  headers: (string | readonly string[])[],
  end: number,
  [name, value]: readonly [name: unknown, value: unknown],
  spanId: string,
): boolean {
  for (let i = end - 2; i >= 0; i -= 2) {
    const before = headers[i + 1];
    if (headers[i] !== name || typeof before !== "string") continue;
    if (before !== value && !before.includes(spanId)) continue;
    headers.splice(i, 2);
    return true;
  }
  return false;
}

function bytesOf({ path, headers }: UndiciRequest): number {
  let bytes = IMPLICIT_BYTES + path.length;
  if (typeof headers === "string") return bytes + headers.length;
  for (let i = 0; i < headers.length; i++) {
    const text = headers[i] as string | readonly string[];
    bytes += 4 + (typeof text === "string" ? text.length : text.join().length);
  }
  return bytes;
}
