// Stands before every server of node:http2 for the life of the process: hides asks, and removes what a program copied.
import { subscribe } from "node:diagnostics_channel";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Registry } from "../../registry.ts";
import { joinGuard, replace, report } from "../http/guard.ts";
import { mayHoldCopies, withoutCopies } from "../http/head-text.ts";
import type { ServerExchange } from "../http/server-guard.ts";
import {
  bytesOf,
  changed,
  type Field,
  type FieldList,
  fieldsIn,
  headOf,
  isFieldList,
  isListOfGrpc,
  linesOf,
  MOST_FIELDS,
} from "./field-list.ts";
import { hideInEvents, isGrpc, takeAsk } from "./hidden.ts";
import { handleOf, ownerOf } from "./native.ts";
import { watchResets } from "./resets.ts";

/** Node 22.23, 24 and later. */
const STREAM_CREATED = "http2.server.stream.created";
/** Most fields that an answer adds: itself, `Vary` and `Server-Timing`. */
const ADDED_FIELDS = 3;
/** The body is empty, so no trailers follow. */
const NO_BODY = 1;

/** A stream with which a client began a request. */
export interface IncomingStream {
  readonly stream: ServerHttp2Stream;
  /** The object that the program and the propagator see. */
  readonly headers: IncomingHttpHeaders;
  /** What stood under our name, which the program does not see any more. */
  readonly field: string | readonly string[] | undefined;
}

/** The server side of one set-up. */
export interface Http2ServerSide {
  /** A request has come. */
  begin(incoming: IncomingStream): ServerExchange | undefined;
  /** Something of ours failed: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
}

/** Has the set-up answer requests until the returned function is called. The guard itself stays: there is one for all set-ups. */
export function guardHttp2Servers(side: Http2ServerSide, shared: Registry): () => void {
  return joinGuard(shared, "http2Servers", side, (sides) => new Http2Guard(sides).stand());
}

/** What is known of a request. */
interface Known {
  readonly of: ReadonlyMap<Http2ServerSide, ServerExchange>;
  /** The head that was sent, if trailers can follow. */
  head: string;
}

type Method = (this: object, ...args: unknown[]) => unknown;

/** Node's object beneath a stream, through which all that is sent goes. */
interface Handle {
  respond: Method;
  info: Method;
  trailers: Method;
}

class Http2Guard {
  readonly #sides: ReadonlySet<Http2ServerSide>;
  /** What the set-ups know of a request, by node's object beneath its stream. */
  readonly #known = new WeakMap<object, Known>();
  readonly #guarded = new WeakSet<object>();
  readonly #wrapped = new WeakSet<object>();

  constructor(sides: ReadonlySet<Http2ServerSide>) {
    this.#sides = sides;
  }

  stand(): void {
    subscribe(STREAM_CREATED, (message) => {
      try {
        const { stream, headers } = message as Pick<IncomingStream, "stream" | "headers">;
        this.#created(stream, headers);
      } catch (error) {
        this.#failed(STREAM_CREATED, error);
      }
    });
  }

  #created(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // Metadata of gRPC is no header, and no gateway copies it.
    if (isGrpc(headers)) return;
    const handle = handleOf(stream);
    if (handle !== undefined) {
      this.#guardAll(Object.getPrototypeOf(handle) as Handle);
      watchResets(handle);
    }
    // A pushed stream has a request that this program made.
    if (isPushed(stream)) return;
    const field = takeAsk(headers);
    if (field !== undefined) this.#hideRaw(stream.session);
    if (handle === undefined) return;
    const of = new Map<Http2ServerSide, ServerExchange>();
    for (const side of this.#sides) {
      try {
        const exchange = side.begin({ stream, headers, field });
        if (exchange !== undefined) of.set(side, exchange);
      } catch (error) {
        this.#failed(STREAM_CREATED, error);
      }
    }
    if (of.size > 0) this.#known.set(handle, { of, head: "" });
  }

  /** Those of set-ups that have not ended. */
  #exchangesOf(handle: object): ServerExchange[] {
    const exchanges: ServerExchange[] = [];
    for (const [side, exchange] of this.#known.get(handle)?.of ?? [])
      if (this.#sides.has(side)) exchanges.push(exchange);
    return exchanges;
  }

  /** Raw fields come only with the event of a session. */
  #hideRaw(session: object | undefined): void {
    if (session === undefined || this.#wrapped.has(session)) return;
    this.#wrapped.add(session);
    hideInEvents(session, (place, error) => this.#failed(place, error));
  }

  /** Stands before node's own functions, once. They are the same for all streams of the process, also those of clients. */
  #guardAll(prototype: Handle): void {
    if (this.#guarded.has(prototype)) return;
    this.#guarded.add(prototype);
    const { respond, info, trailers } = prototype;
    const changing = (
      original: Method,
      change: (handle: object, list: FieldList, options: unknown) => FieldList,
    ) => {
      const step = (handle: object, list: unknown, options: unknown): unknown => {
        try {
          return isFieldList(list) && !isListOfGrpc(list) ? change(handle, list, options) : list;
        } catch (error) {
          this.#failed("respond", error);
          return list;
        }
      };
      // Of one argument or two.
      return function guarded(this: object, list: unknown, options: unknown): unknown {
        const changed = step(this, list, options);
        return options === undefined ? original.call(this, changed) : original.call(this, changed, options);
      };
    };
    replace(prototype, {
      respond: changing(respond, (handle, list, options) => this.#head(handle, list, Number(options))),
      info: changing(info, (_handle, list) => withoutCopiesIn(list)),
      trailers: changing(trailers, (handle, list) => this.#trailers(handle, list)),
    });
  }

  #head(handle: object, list: FieldList, options: number): FieldList {
    const exchanges = this.#exchangesOf(handle);
    if (exchanges.length === 0 && !mayHoldCopies(list[0])) return list;
    const fields = fieldsIn(list);
    if (fields === undefined || isGrpcResponse(fields)) return list;
    const made = headOf(fields);
    let head = withoutCopies(made, exchanges);
    const hasRoom = roomFor(ownerOf(handle), fields);
    const status = Number(fields.find(({ name }) => name === ":status")?.value ?? 200);
    let isAnswered = false;
    for (const exchange of exchanges) {
      try {
        if (exchange.headMade(status) !== true || isAnswered) continue;
        isAnswered = true;
        if (hasRoom) head = exchange.answer(head);
      } catch (error) {
        this.#failed("respond", error);
      }
    }
    // For what goes into the trailers, if there are any.
    const known = this.#known.get(handle);
    if (known !== undefined && (options & NO_BODY) === 0) known.head = head;
    return head === made ? list : changed(fields, head);
  }

  #trailers(handle: object, list: FieldList): FieldList {
    const head = this.#known.get(handle)?.head ?? "";
    if (head === "") return withoutCopiesIn(list);
    const fields = fieldsIn(list);
    if (fields === undefined) return list;
    const made = linesOf(fields);
    let trailers = withoutCopies(`\r\n${made}`, []).slice(2);
    for (const exchange of this.#exchangesOf(handle)) trailers = exchange.answerAtEnd(head, trailers);
    return trailers === made ? list : changed(fields, `\r\n${trailers}`);
  }

  #failed(place: string, error: unknown): void {
    for (const side of this.#sides) report(side, place, error);
  }
}

function withoutCopiesIn(list: FieldList): FieldList {
  if (!mayHoldCopies(list[0])) return list;
  const fields = fieldsIn(list);
  if (fields === undefined) return list;
  const made = headOf(fields);
  const head = withoutCopies(made, []);
  return head === made ? list : changed(fields, head);
}

/** The streams of clients have odd numbers. Source: RFC 9113, section 5.1.1. */
function isPushed({ id = 1 }: ServerHttp2Stream): boolean {
  return id % 2 === 0;
}

function isGrpcResponse(fields: readonly Field[]): boolean {
  return fields.some(({ name, value }) => name === "content-type" && isGrpc({ "content-type": value }));
}

/** True if the peer takes a head that is as much larger as an answer can make it. */
function roomFor(stream: object | undefined, fields: readonly Field[]): boolean {
  if (fields.length + ADDED_FIELDS > MOST_FIELDS) return false;
  const most = (stream as ServerHttp2Stream | undefined)?.session?.remoteSettings?.maxHeaderListSize;
  return most === undefined || bytesOf(fields) + LARGEST_ANSWER <= most;
}

/** Bytes of the largest value with a tree, the other fields of an answer, and what counts for each of them. */
const LARGEST_ANSWER = 2048 + 300;
