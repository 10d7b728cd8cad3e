// Watches one call that a client makes: puts the ask into what is sent, and takes the answer out of the trailers.
import { codeFromNumber } from "../../spans/code.ts";
import { HEADER_NAME } from "../../wire/header.ts";
import { METADATA_NAME, valueOfBytes } from "../../wire/metadata-value.ts";
import type { Call } from "../asks.ts";
import type { CallFailure } from "../hooks.ts";
import type { ClientCall, ClientListener, Metadata, Status } from "./grpc-js.ts";
import { type GrpcSide, type GrpcTarget, reportToAll, SIDES } from "./side.ts";
import { addressesOf, innermost, peerOf, targetOf } from "./target.ts";

const PLACE = "a call of a gRPC client";

/** Watches a call that was not started yet. Its functions are replaced, no further call is put around it. */
export function watchClientCall(call: ClientCall): void {
  const { start, cancelWithStatus } = call;
  let watch: WatchedClientCall | undefined;
  call.start = (metadata, listener) => {
    watch = watchFor(call, metadata);
    if (watch === undefined) start.call(call, metadata, listener);
    else watch.start(start, metadata, listener);
  };
  // Also called by grpc-js itself, if the deadline has passed.
  call.cancelWithStatus = (code, details) => {
    watch?.cancelled();
    cancelWithStatus.call(call, code, details);
  };
}

function watchFor(call: ClientCall, metadata: Metadata): WatchedClientCall | undefined {
  try {
    for (const side of SIDES) {
      const found = side.callFor(metadata);
      if (found !== undefined) return new WatchedClientCall(call, side, found);
    }
  } catch (error) {
    reportToAll(PLACE, error);
  }
  return undefined;
}

/** A call of a set-up. */
class WatchedClientCall {
  readonly #call: ClientCall;
  readonly #side: GrpcSide;
  readonly #ours: Call;
  #target: GrpcTarget | undefined;
  /** This process has ended it, or its deadline has. */
  #isCancelled = false;

  constructor(call: ClientCall, side: GrpcSide, ours: Call) {
    this.#call = call;
    this.#side = side;
    this.#ours = ours;
  }

  start(original: ClientCall["start"], given: Metadata, listener: ClientListener | undefined): void {
    let metadata = given;
    let isLent = false;
    try {
      const inner = innermost(this.#call);
      this.#target = targetOf(inner);
      // What the program has copied.
      if (given.get(HEADER_NAME).length > 0) given.remove(HEADER_NAME);
      const ask = this.#side.askFor(this.#ours, this.#target, given);
      if (ask !== undefined) {
        // The call of a channel makes a copy at once. Metadata may be shared by many calls of the program, which must not see it.
        isLent = inner === this.#call;
        if (!isLent) metadata = given.clone();
        metadata.set(HEADER_NAME, ask);
      }
    } catch (error) {
      this.#side.failed(PLACE, error);
    }
    try {
      original.call(this.#call, metadata, new WatchingListener(listener, this));
    } finally {
      if (isLent) given.remove(HEADER_NAME);
    }
  }

  cancelled(): void {
    this.#isCancelled = true;
  }

  /** The call is over, and the program has not seen its status yet. */
  ended(status: Status, hasHead: boolean): void {
    try {
      const { metadata, code, details } = status;
      const values = this.#ours.state === "asked" ? (metadata?.get(METADATA_NAME) ?? []) : [];
      if (values.length > 0) metadata?.remove(METADATA_NAME);
      if (values.length === 0 && (this.#isCancelled || !isAnswer(status, hasHead))) {
        this.#side.failedCall(this.#ours, failureOf(code, details), addressesOf(this.#call));
        return;
      }
      const peer = this.#target === undefined ? "unknown" : peerOf(this.#call, this.#target);
      this.#side.answered(this.#ours, code, headerValueOf(values), peer);
    } catch (error) {
      this.#side.failed(PLACE, error);
    }
  }
}

/** Stands before the listener of the program. grpc-js looks at the number of arguments of `onReceiveMetadata`. */
class WatchingListener implements ClientListener {
  readonly #next: ClientListener | undefined;
  readonly #watch: WatchedClientCall;
  #hasHead = false;

  constructor(next: ClientListener | undefined, watch: WatchedClientCall) {
    this.#next = next;
    this.#watch = watch;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#hasHead = true;
    this.#next?.onReceiveMetadata?.(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#next?.onReceiveMessage?.(message);
  }

  onReceiveStatus(status: Status): void {
    this.#watch.ended(status, this.#hasHead);
    this.#next?.onReceiveStatus?.(status);
  }
}

/** One value as the header value that it stands for; several are no answer of ours, nor is what is no bytes. */
function headerValueOf(values: ReturnType<Metadata["get"]>): unknown {
  const [value] = values;
  if (value === undefined) return undefined;
  return values.length === 1 && value instanceof Uint8Array ? (valueOfBytes(value) ?? "") : values;
}

/** How grpc-js describes a stream that ended without a status. */
const WITHOUT_STATUS =
  /^(?:Connection dropped|Call cancelled|Stream refused by server|Protocol not secure enough|Bandwidth exhausted or memory|Received RST_STREAM with code|No status information|(?:read|write) E[A-Z]+)/;

/** What grpc-js adds to any status after it has tried again by itself. */
const EARLIER_ATTEMPTS = "grpc-previous-rpc-attempts";

/**
 * True if the callee sent this status, and grpc-js did not make it. Trailers that come alone always have a content type, and those
 * that follow a head may have nothing but the status.
 */
function isAnswer({ details, metadata }: Status, hasHead: boolean): boolean {
  for (const name in metadata?.toJSON()) if (name !== EARLIER_ATTEMPTS) return true;
  return hasHead && !WITHOUT_STATUS.test(details);
}

/** Node's codes of errors, as they stand in the details of a status. */
const SYSTEM_ERROR = /\b(?:E[A-Z]{3,}|EAI_[A-Z]+|ERR_[A-Z0-9_]+|[A-Z]+(?:_[A-Z]+)*_CERT(?:_[A-Z]+)*)\b/;

function failureOf(code: number, details: string): CallFailure {
  return {
    code: codeFromNumber(code) ?? "unknown",
    type: SYSTEM_ERROR.exec(details)?.[0] ?? "",
    message: details,
  };
}
