// Defines what is sent: the ask of a caller, the answer of a service, and the codec between an answer and a header value.
import type { Code } from "../spans/code.ts";
import type { ErrorTree } from "../tree/tree.ts";

/** What a caller asks of a service, read from the request's `x-error-tree` field. */
export interface Ask {
  /** Span id of the caller's client span, 16 hex digits; absent if a person asks. */
  readonly id?: string;
  /** `service.name` of the caller. */
  readonly from?: string;
  /** Readable JSON was asked for (`f=json`). */
  readonly json: boolean;
  /** Key id and token, if a secret is in use. */
  readonly key?: string;
}

/** What a service reports to its caller about one request. */
export interface Answer {
  /** `service.name` of who answers. */
  readonly service: string;
  /** The code of the response; `"ok"` if the request did not fail. */
  readonly code: Code;
  /** Spans of this request, here or beneath, are exported although the head sampler said no. */
  readonly exported: boolean;
  /** Present if anything failed, here or beneath. */
  readonly tree?: ErrorTree;
  /** Codes of the warnings that the service has given about its own set-up, for people who ask for JSON. */
  readonly warnings?: readonly string[];
}

/** Bytes that an answer may take. */
export interface ByteBudget {
  /** Largest value that carries a tree. */
  readonly treeBytes: number;
  /** Largest value that carries the outcome alone. */
  readonly minimalBytes: number;
}

/** A header value, and whether it is the minimal one (outcome alone, no tree). */
export interface EncodedAnswer {
  readonly value: string;
  readonly minimal: boolean;
  /** Nodes of the outcome's tree that it has no room for; absent if it has them all. */
  readonly omitted?: number;
}

/** Answer <-> header value. The wire format is the codec's alone. */
export interface AnswerCodec {
  /** The value that fits, repeating the ask's id; `undefined` if not even the minimal answer fits. */
  encode(outcome: Answer, ask: Ask, room: ByteBudget): EncodedAnswer | undefined;
  /**
   * Reads what a peer sent: `"malformed"` if it is no answer that we understand, `"foreign"` if it repeats another
   * id than `id` (`undefined` accepts any). Never throws.
   * `operation` names the callee's node if the answer is too short to name it.
   */
  decode(value: string, id: string | undefined, operation: string): Answer | "malformed" | "foreign";
}
