// Puts asks on requests of undici and fetch. It decides when a request is made, and again when the peer is known.
import type { Socket } from "node:net";
import { registry } from "../../registry.ts";
import { HEADER_NAME, idOfAsk } from "../../wire/header.ts";
import { type Asks, type Call, HEAD_BYTES } from "../asks.ts";
import { callOf, keepCall } from "../call-slot.ts";
import { isNamed } from "../field-name.ts";
import type { ClientHooks } from "../hooks.ts";
import { standBeforeRequests } from "../http2/request-guard.ts";
import { isNamelessPeer } from "../receive.ts";

/** A request of undici, as its channels show it. */
export interface UndiciRequest {
  /** A text or a URL. Before version 7 it is what the program said, even if the client is connected to another host. */
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

/** Bytes of the fields that undici adds itself, with the line's ends. */
const IMPLICIT_BYTES = 300;
/** Most origins whose authority is cached, and the longest such origin. */
const REMEMBERED_ORIGINS = 1000;
const LONGEST_ORIGIN = 300;

/** The requests of this process, and whether each carries an ask. */
export class UndiciAsks {
  readonly #asks: Asks;
  readonly #hooks: Pick<ClientHooks, "operationOf" | "recordedTwice">;
  readonly #authorities = new Map<string, string>();

  constructor(asks: Asks, hooks: Pick<ClientHooks, "operationOf" | "recordedTwice">) {
    this.#asks = asks;
    this.#hooks = hooks;
  }

  callOf(request: UndiciRequest): Call | undefined {
    return callOf(request, this.#asks);
  }

  /**
   * Replaces the note on a new request by the ask. Subscribers run in the order in which they subscribed, so the
   * instrumentation's note is there already, or will be added later.
   */
  see(request: UndiciRequest): void {
    const { headers, addHeader } = request;
    let last = typeof headers === "string" ? this.#inText(request, headers) : this.#inList(request, headers);
    if (addHeader === undefined) return;
    request.addHeader = (name, value) => {
      const id = isNamed(name, HEADER_NAME) ? this.#idIn(value) : undefined;
      // Instrumented twice: what the last one wrote replaces what the first one wrote.
      if (last !== undefined && typeof headers !== "string") {
        dropRepeated(headers, headers.length, [name, value], last);
        if (id !== undefined) this.#hooks.recordedTwice(last, id);
      }
      last = id ?? last;
      const text = id === undefined ? value : this.#askFor(request, id);
      return text === undefined ? request : addHeader.call(request, name, text);
    };
  }

  /**
   * Decides again right before the head of a request is sent: true if it goes to the peer that the request was meant for. `head`
   * is its text, with the `Host` field for the peer that is connected.
   */
  isMeantFor({ method, path }: UndiciRequest, { authority }: Call, head: string, socket: Socket): boolean {
    const line = `${authority}\r\n`;
    // In HTTP/1.1 the field follows the first line; HTTP/2 has none like it.
    const namesIt =
      head.startsWith(`host: ${line}`, method.length + path.length + 12) ||
      head.includes(`:authority: ${line}`);
    return (
      namesIt &&
      !this.#asks.tunnels.has(socket) &&
      !isNamelessPeer(socket) &&
      this.#asks.hosts.authorityMayLeadTo(authority, socket.remoteAddress)
    );
  }

  /** Has a request sent without its ask. */
  takeOff({ method }: UndiciRequest, call: Call, head: string, socket: Socket): void {
    if (head.startsWith(`${method} `)) {
      takeFromWritten(socket, head, call);
      return;
    }
    // Over HTTP/2 the text is only shown. The head is made of fields of undici's own, by node:http2 and in this same turn.
    standBeforeRequests(registry());
    this.#asks.withdraw(call.id);
  }

  /** Only the proxy knows who is at the other end of a tunnel. */
  tunnels(socket: Socket): void {
    this.#asks.tunnels.add(socket);
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
      // Instrumented twice: the innermost span is the last one, and the fields after this note are its own.
      this.#hooks.recordedTwice(id, last);
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

  /** The span id in a note; or, on Node 20, in an ask that was written for a transport that shows no requests. */
  #idIn(value: unknown): string | undefined {
    const id = this.#asks.idIn(value);
    if (id !== undefined) return id;
    const asked = idOfAsk(value);
    return asked === undefined || this.#hooks.operationOf(asked) === undefined ? undefined : asked;
  }

  #askFor(request: UndiciRequest, id: string): string | undefined {
    const authority = this.#authorityOf(request);
    const ask = this.#mayAsk(request, authority) ? this.#asks.askOf(id) : undefined;
    const fits = ask !== undefined && bytesOf(request) + ask.length <= HEAD_BYTES;
    keepCall(request, { by: this.#asks, id, authority, state: fits ? "written" : "silent" });
    return fits ? ask : undefined;
  }

  /** If a proxy gets it, a path with two slashes or a whole URL leads to the host that it names. */
  #mayAsk({ path, method, upgrade, origin }: UndiciRequest, authority: string): boolean {
    const { hosts, isOpen } = this.#asks;
    if (!isOpen || method === "CONNECT" || upgrade) return false;
    if (!path.startsWith("/") || path.startsWith("/", 1) || path.startsWith("\\", 1)) return false;
    return hosts.hasAuthority(this.#authorityOfOrigin(origin)) && hosts.hasAuthority(authority);
  }

  #authorityOf({ host, origin }: UndiciRequest): string {
    return typeof host === "string" ? host : this.#authorityOfOrigin(origin);
  }

  /** `host:port`; empty if the text is not an origin. */
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

/** True if a finished head has the ask of a call in it. */
export function holdsAsk(head: string, { id }: Call): boolean {
  return head.includes(askLine(id));
}

/** The beginning of the line of an ask. */
function askLine(id: string): string {
  return `${HEADER_NAME}: v=1, id="${id}"`;
}

/** Removes an ask from a finished head right before it is written to a socket: nobody else can change it any more. */
function takeFromWritten(socket: Socket, head: string, { id }: Call): void {
  const start = head.indexOf(askLine(id));
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
 * Removes a field that a later one of the same name repeats: it has the same value, or names the span of an earlier
 * instrumentation. False if there is none before that place.
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
