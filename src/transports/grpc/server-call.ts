// Watches one call that a server received: hides the ask, and puts the answer into the trailers with the status.
import { HEADER_NAME } from "../../wire/header.ts";
import { METADATA_NAME } from "../../wire/metadata-value.ts";
import { Given } from "../call-slot.ts";
import type { Metadata, ServerCall, ServerListener, ServerMethod, Status } from "./grpc-js.ts";
import { type GrpcServerExchange, reportToAll, SIDES } from "./side.ts";

const PLACE = "a call of gRPC";
const OK = 0;
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;

/** Keeps a watched call on the metadata that its handler gets. */
class WatchSlot extends Given {
  readonly #call: WatchedServerCall;

  constructor(metadata: object, call: WatchedServerCall) {
    super(metadata);
    this.#call = call;
  }

  static of(metadata: object): WatchedServerCall | undefined {
    return #call in metadata ? metadata.#call : undefined;
  }
}

/** The watched call whose handler got these metadata. */
export function watchedCallOf(metadata: unknown): WatchedServerCall | undefined {
  return typeof metadata === "object" && metadata !== null ? WatchSlot.of(metadata) : undefined;
}

/**
 * Watches a call. Its functions are replaced, no further call is put around it: so also the statuses are seen that grpc-js sends
 * by itself, as when the deadline has passed or a message cannot be read.
 */
export function watchServerCall(method: ServerMethod, call: ServerCall): void {
  const watch = new WatchedServerCall(method, call);
  const { start, sendStatus } = call;
  call.start = (listener) => {
    start.call(call, new WatchingListener(listener, watch));
  };
  call.sendStatus = (status) => {
    sendStatus.call(call, watch.sending(status));
    watch.sent();
  };
}

/** Stands before the listener of the server. */
class WatchingListener implements ServerListener {
  readonly #next: ServerListener;
  readonly #watch: WatchedServerCall;

  constructor(next: ServerListener, watch: WatchedServerCall) {
    this.#next = next;
    this.#watch = watch;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#watch.received(metadata);
    this.#next.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#next.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#next.onReceiveHalfClose();
  }

  onCancel(): void {
    this.#next.onCancel();
    this.#watch.cancelled();
  }
}

/** One call, for all set-ups. Its functions never throw. */
export class WatchedServerCall {
  readonly #method: ServerMethod;
  readonly #call: ServerCall;
  #exchanges: readonly GrpcServerExchange[] = [];
  #metadata: Metadata | undefined;
  /** `sending` while the status is on its way through us. */
  #phase: "open" | "sending" | "over" = "open";
  /** The handler threw: the instrumentation never ends its span. */
  #hasThrown = false;

  constructor(method: ServerMethod, call: ServerCall) {
    this.#method = method;
    this.#call = call;
  }

  /** The call's metadata have come, and the program has not seen them yet. */
  received(metadata: Metadata): void {
    try {
      // Another interceptor of ours has seen them.
      if (WatchSlot.of(metadata) !== undefined) return;
      new WatchSlot(metadata, this);
      this.#metadata = metadata;
      const field = takeAsk(metadata);
      const exchanges: GrpcServerExchange[] = [];
      for (const side of SIDES) {
        const exchange = side.begin({ call: this.#call, path: this.#method.path, metadata, field });
        if (exchange !== undefined) exchanges.push(exchange);
      }
      this.#exchanges = exchanges;
    } catch (error) {
      reportToAll(PLACE, error);
    }
  }

  /** The handler answers, and its span has not ended yet. */
  handlerAnswers(error: unknown): void {
    try {
      if (this.#phase !== "open") return;
      const isFailure = error !== undefined && error !== null;
      if (isFailure) this.#handlerFailed(error);
      const code = isFailure ? codeOf(error) : OK;
      for (const exchange of this.#exchanges) exchange.answering(code);
    } catch (failure) {
      reportToAll(PLACE, failure);
    }
  }

  /** The handler threw an error. */
  handlerThrew(error: unknown): void {
    this.#hasThrown = true;
    try {
      this.#handlerFailed(error);
    } catch (failure) {
      reportToAll(PLACE, failure);
    }
  }

  /** A status is about to be sent; returns it as it is to be sent. */
  sending(status: Status): Status {
    try {
      if (this.#phase !== "open" || this.#metadata === undefined) return status;
      this.#phase = "sending";
      // If the handler is not watched, the status is all that is known of its error.
      if (status.code !== OK) this.#handlerFailed(status);
      const trailers = withoutCopies(status.metadata);
      let answer: Uint8Array | undefined;
      let isAnswered = false;
      for (const exchange of this.#exchanges) {
        if (!exchange.answering(status.code) || isAnswered) continue;
        isAnswered = true;
        answer = exchange.answer({ ...status, metadata: trailers });
      }
      if (answer === undefined)
        return trailers === status.metadata ? status : { ...status, metadata: trailers };
      const answered = trailers?.clone() ?? emptyLike(this.#metadata);
      answered.set(METADATA_NAME, answer);
      return { ...status, metadata: answered };
    } catch (error) {
      reportToAll(PLACE, error);
      return status;
    }
  }

  /** The status was sent. */
  sent(): void {
    if (this.#phase === "sending") this.#over("finished", this.#hasThrown);
  }

  /** The call is over; this is called after every call, too. */
  cancelled(): void {
    if (this.#phase !== "open") return;
    try {
      if (Number(this.#call.getDeadline()) <= Date.now())
        for (const exchange of this.#exchanges) exchange.answering(DEADLINE_EXCEEDED);
    } catch (error) {
      reportToAll(PLACE, error);
    }
    if (!this.#method.responseStream) this.#over("caller-left", false);
    // The instrumentation waits for the end of a stream that grpc-js has destroyed. What the handler does about it comes first.
    else setImmediate(() => this.#over("caller-left", true));
  }

  #over(how: "finished" | "caller-left", endsSpan: boolean): void {
    this.#phase = "over";
    try {
      for (const exchange of this.#exchanges) exchange.over(how, endsSpan);
    } catch (error) {
      reportToAll(PLACE, error);
    }
    this.#exchanges = [];
  }

  #handlerFailed(error: unknown): void {
    const told = errorOf(error);
    if (told === undefined) return;
    for (const exchange of this.#exchanges) exchange.handlerFailed(told);
  }
}

/**
 * Gives back the trailers that a handler has called back with: the stock instrumentation hands on only two of its arguments.
 * They are put where grpc-js would have put them, above the interceptors of the program, which change and remove them as ever.
 */
export function giveTrailers(handled: unknown, error: unknown, trailers: unknown): void {
  if (trailers === undefined || trailers === null) return;
  try {
    // The outermost call, by which grpc-js sends the status. It is not public.
    const { call } = handled as { call?: Partial<ServerCall> };
    const sendStatus = call?.sendStatus;
    if (call === undefined || sendStatus === undefined) return;
    const code = error ? codeOf(error) : OK;
    const metadata = error ? ((error as Partial<Status>).metadata ?? null) : null;
    call.sendStatus = (status) => {
      // What grpc-js makes of two arguments, and not a status of its own or with trailers that have arrived.
      const isWithout = status.code === code && (status.metadata ?? null) === metadata;
      sendStatus.call(call, isWithout ? { ...status, metadata: trailers as Metadata } : status);
    };
  } catch (failure) {
    reportToAll(PLACE, failure);
  }
}

/** Takes what stands under our names out of the metadata of a call; `null` if it is no text. */
function takeAsk(metadata: Metadata): string | null | undefined {
  const texts = metadata.get(HEADER_NAME);
  const hasBytes = metadata.get(METADATA_NAME).length > 0;
  if (texts.length > 0) metadata.remove(HEADER_NAME);
  if (hasBytes) metadata.remove(METADATA_NAME);
  // Several fields are one list, as in HTTP.
  if (texts.length > 0) return texts.join(", ");
  return hasBytes ? null : undefined;
}

/** Trailers without an answer that the program has copied. */
function withoutCopies(trailers: Metadata | null | undefined): Metadata | null | undefined {
  if (trailers == null || trailers.get(METADATA_NAME).length + trailers.get(HEADER_NAME).length === 0)
    return trailers;
  const left = trailers.clone();
  left.remove(METADATA_NAME);
  left.remove(HEADER_NAME);
  return left;
}

function emptyLike(metadata: Metadata): Metadata {
  return new (metadata.constructor as new () => Metadata)();
}

/** The code that grpc-js sends for an error of a handler. */
function codeOf(error: unknown): number {
  const { code } = error as { code?: unknown };
  return typeof code === "number" && Number.isInteger(code) ? code : UNKNOWN;
}

/** What a handler failed with, as an error. grpc-js takes any object that has `code` and `details`; `undefined` if it says nothing. */
function errorOf(given: unknown): Error | undefined {
  if (given instanceof Error) return given;
  const { details, message } = given as { details?: unknown; message?: unknown };
  const text = typeof details === "string" ? details : message;
  if (typeof text !== "string" || text === "") return undefined;
  const error = new Error(text);
  // It has no type, and was thrown nowhere.
  error.name = "";
  delete error.stack;
  return error;
}
