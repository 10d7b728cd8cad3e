// Declares what a set-up brings to the calls of gRPC, and finds all set-ups of the process.
import { registry } from "../../registry.ts";
import type { Call } from "../asks.ts";
import type { CallFailure } from "../hooks.ts";
import { joinGuard } from "../http/guard.ts";
import type { Metadata, ServerCall, Status } from "./grpc-js.ts";

/** A call that a server received. */
export interface ReceivedCall {
  readonly call: ServerCall;
  readonly path: string;
  readonly metadata: Metadata;
  /** What stood under our name in the metadata, which the program does not see any more; `null` if that is no text. */
  readonly field: string | null | undefined;
}

/** One received call as one set-up sees it. */
export interface GrpcServerExchange {
  /** The handler failed with an error, of which the status shows only a part. */
  handlerFailed(error: unknown): void;
  /** The status is about to be sent: decides about the request; false if the set-up knows nothing of it. */
  answering(code: number): boolean;
  /** The bytes of the answer that go into these trailers, if one is due. Called for the first set-up that knows the request. */
  answer(status: Status): Uint8Array | undefined;
  /** The status was sent, or the caller has left before that. */
  over(how: "finished" | "caller-left", endsSpan: boolean): void;
}

/** A set-up. */
export interface GrpcSide {
  /** A call was received; `undefined` after the shutdown. */
  begin(received: ReceivedCall): GrpcServerExchange | undefined;
  /** The call that is about to be made with these metadata; `undefined` if it is not one of this set-up. */
  callFor(metadata: Metadata): Call | undefined;
  /** The ask, if the call may carry one. */
  askFor(call: Call, target: GrpcTarget | undefined, metadata: Metadata): string | undefined;
  /** The callee answered; `value` is what stood under our name in the trailers. */
  answered(call: Call, code: number, value: unknown, peer: Peer): void;
  /** The call ended without an answer from any of these addresses, to which its attempts led. */
  failedCall(call: Call, failure: CallFailure, addresses: readonly string[]): void;
  /** Something of ours failed: counted, and logged the first time. */
  failed(place: string, error: unknown): void;
}

/** Where a channel leads. */
export interface GrpcTarget {
  /** Names and addresses; empty for a socket of this host. */
  readonly hosts: readonly string[];
  /** Whom the call names, as `host:port`. */
  readonly authority: string;
}

/** Who is connected: an address, a socket of this host, or nobody knows. */
export type Peer = { readonly address: string } | "this-host" | "unknown";

/** All set-ups of the process. */
export const SIDES: ReadonlySet<GrpcSide> = registry().grpc as Set<GrpcSide>;

/** Adds a set-up until the returned function is called. */
export function joinGrpc(side: GrpcSide): () => void {
  return joinGuard(registry(), "grpc", side, () => {});
}

/** Reports a failure of ours to all set-ups. */
export function reportToAll(place: string, error: unknown): void {
  for (const side of SIDES) {
    try {
      side.failed(place, error);
    } catch {
      // It may come from another copy of this package; nobody could report that.
    }
  }
}
