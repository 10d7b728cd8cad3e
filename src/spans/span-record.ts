// Reads the attributes and events of one span, of any producer, into the few facts that the tree is made of.

import { CALL_ATTRIBUTES, type CallFacts, callFacts } from "./call.ts";
import { partsOfCause } from "./causes.ts";
import type { Code } from "./code.ts";
import { lastException, textOf } from "./exception.ts";
import { hasFailed, statusOf } from "./failure.ts";
import { framesOf } from "./frames.ts";
import { Later } from "./later.ts";
import { isLayer, LAYER_ATTRIBUTES } from "./layer.ts";
import {
  attemptIn,
  codeAttribute,
  hasSharedError,
  headIn,
  isAbandoned,
  isUnanswered,
  NODE_ATTRIBUTES,
  orderIn,
  type SpanOrder,
  type SynthesizedNode,
  synthesizedNode,
} from "./node-attributes.ts";
import { operationOf } from "./operation.ts";
import type { SpanKindName, SpanStatus } from "./otel.ts";
import { isUnended, PENDING_ATTRIBUTES, type Pending, pendingIn } from "./pending.ts";
import { httpStatusOf, rpcStatusOf } from "./response-status.ts";
import { Saying } from "./saying.ts";
import {
  type AnswerFacts,
  bestErrorType,
  causeTypesOf,
  codeOf,
  codeOfThrown,
  descriptionOf,
  errorTypesOf,
  isAnsweredByStore,
  messageOf,
  storeErrorIn,
} from "./span-error.ts";
import { ROLE_ATTRIBUTE, roleOf, type SpanRole } from "./span-role.ts";
import { isUnheardName } from "./store-errors.ts";

/** Attribute values by name, as recorded. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A span as its producer recorded it. */
export interface SpanFacts {
  readonly spanId: string;
  /** Absent if the span is a root, or if its parent is another service's and unknown here. */
  readonly parentId?: string | undefined;
  readonly service: string;
  readonly kind: SpanKindName;
  readonly name: string;
  readonly status: SpanStatus;
  /** Status description. */
  readonly statusMessage?: string | undefined;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes?: Attributes }[];
  /** On one clock per service, in any unit. */
  readonly start: number;
  /** `Infinity` if the span has not ended. */
  readonly end: number;
  /** `start` and `end` may each be too early, by less than this; absent if they are exact. */
  readonly lag?: number;
  /** HTTP status as seen on the wire, which counts more than the attributes. */
  readonly httpStatus?: number | undefined;
  /** The code of a failing status of gRPC, as seen on the wire, which counts more than the attributes. */
  readonly rpcCode?: Code | undefined;
  /** Route of a server span whose attributes have none yet. */
  readonly route?: string | undefined;
}

/** What the tree needs to know of one span. */
export interface SpanRecord {
  readonly spanId: string;
  readonly parentId?: string;
  readonly service: string;
  readonly kind: SpanKindName;
  readonly operation: string;
  readonly failed: boolean;
  /** The program said OK explicitly. */
  readonly explicitOk: boolean;
  /** The code that the span itself shows; absent if it shows none or has not failed. */
  readonly code?: Code;
  /** A response status was seen. */
  readonly answered: boolean;
  /** The texts of its failure; absent if it has not failed. */
  readonly says?: Saying;
  /** What a client or producer span knows of its call. */
  readonly call?: Later<CallFacts>;
  /** HTTP status that was answered, if it is a failure. */
  readonly status?: number;
  /** Code that was answered by gRPC, if it is a failure. */
  readonly rpcCode?: Code;
  /** A layer of a web framework. */
  readonly layer?: true;
  /** How a failed call ended: `silent` without an answer, `answered` with one. */
  readonly ended?: "silent" | "answered";
  /** A call that the caller itself cancelled, before or during its answer. */
  readonly cancelled?: true;
  readonly database: boolean;
  readonly peer?: string;
  readonly errorType?: string;
  readonly message?: string;
  readonly frames?: readonly string[];
  readonly causes?: readonly string[];
  readonly abandoned?: true;
  readonly start: number;
  readonly end: number;
  /** Both may be too early, by less than this. */
  readonly lag?: number;
  /** Its place among the spans of its service, if `start` and `end` do not show it. */
  readonly order?: SpanOrder;
  /**
   * When the node that the span begins reported its failure: its head was written, or the span ended. On the scale of
   * `start` and `end`, or of `order` if the spans beneath have one; absent if nothing beneath is known to have come later.
   */
  readonly head?: number;
  /** The error that it recorded came from beneath another request: what stopped that one may have stopped this one. */
  readonly sharedError?: true;
  /** A call that was still running when the node above it reported its failure; failing later, it stopped nothing. */
  readonly pending?: Pending;
  /** Wall-clock times in milliseconds since the epoch; `endMs` is now if the span is live. Absent for spans from a backend. */
  readonly times?: { readonly startMs: number; readonly endMs: number };
  /** A failed span beneath it is missing: what is left beneath may not be all that failed there. */
  readonly thinned?: true;
  /** Which attempt of a message it is, from 1. */
  readonly attempt?: number;
  /** What the program says of this call: its failure did not stop what stands above it. */
  readonly role?: SpanRole;
  /** The span was synthesized: written from a node of an answer. */
  readonly synthesized?: SynthesizedNode;
  /** The head sampler chose the span: it reaches a backend by its normal way. */
  readonly sampled?: true;
  /** How many attributes and events it has: of two records of one span the fuller one counts. */
  readonly fullness: number;
}

/** A record that is being filled in. */
export type RecordDraft = { -readonly [K in keyof SpanRecord]: SpanRecord[K] };

/** Attributes that {@link toSpanRecord} reads; a reader of files needs to keep no others. */
export const READ_ATTRIBUTES: ReadonlySet<string> = new Set([
  "db.response.status_code",
  "db.system",
  "db.system.name",
  "error",
  "error.message",
  "error.type",
  "grpc.error_message",
  "grpc.error_name",
  "http.method",
  "http.request.method",
  "http.response.status_code",
  "http.route",
  "http.status_code",
  "net.peer.name",
  "otel.status_code",
  "otel.status_description",
  "peer.service",
  "rpc.grpc.status_code",
  "rpc.method",
  "rpc.response.status_code",
  "rpc.service",
  "rpc.system",
  "rpc.system.name",
  "server.address",
  "url.template",
  ROLE_ATTRIBUTE,
  ...CALL_ATTRIBUTES,
  ...LAYER_ATTRIBUTES,
  ...PENDING_ATTRIBUTES,
  ...NODE_ATTRIBUTES,
]);

/** Reads one span: whether it failed, its code, error and peer. */
export function toSpanRecord(span: SpanFacts): RecordDraft {
  const { attributes, events, kind } = span;
  const http = span.httpStatus ?? httpStatusOf(attributes);
  // The attribute may have a status that the client made itself because none came.
  const rpc = span.rpcCode ?? (isUnanswered(attributes) ? undefined : rpcStatusOf(attributes));
  const status = statusOf(span.status, attributes);
  const database = textOf(attributes["db.system.name"]) ?? textOf(attributes["db.system"]);
  const answered = http !== undefined || rpc !== undefined;
  const failed = hasFailed(span.status, kind, {
    attributes,
    events,
    ended: span.end !== Number.POSITIVE_INFINITY,
    httpStatus: span.httpStatus,
    rpcCode: span.rpcCode,
  });
  // Field by field: spreading absent ones in takes several times as long.
  const record: RecordDraft = {
    spanId: span.spanId,
    service: span.service,
    kind,
    operation: operationOf(span),
    failed,
    explicitOk: status === "ok",
    answered,
    database: database !== undefined,
    start: span.start,
    end: span.end,
    fullness: countOf(attributes) + events.length + (status === "unset" ? 0 : 1),
  };
  if (span.parentId !== undefined) record.parentId = span.parentId;
  if (span.lag !== undefined) record.lag = span.lag;
  const peer =
    database ??
    textOf(attributes["server.address"]) ??
    textOf(attributes["net.peer.name"]) ??
    textOf(attributes["peer.service"]);
  if (peer !== undefined) record.peer = peer;
  readOwn(record, attributes);
  const isCall = kind === "client" || kind === "producer";
  if (isCall) {
    const pending = pendingOf(attributes, answered || failed);
    if (pending !== undefined) record.pending = pending;
    const { name } = span;
    record.call = new Later(() => callFacts(name, attributes));
  }
  if (failed) readFailure(record, span, { http, rpc, store: database });
  return record;
}

/** What attributes of ours say. */
function readOwn(record: RecordDraft, attributes: Attributes): void {
  const synthesized = synthesizedNode(attributes);
  const order = orderIn(attributes);
  const role = roleOf(attributes);
  const head = headIn(attributes);
  const attempt = attemptIn(attributes);
  if (synthesized !== undefined) record.synthesized = synthesized;
  if (order !== undefined) record.order = order;
  if (role !== undefined) record.role = role;
  if (head !== undefined) record.head = head;
  if (attempt !== undefined) record.attempt = attempt;
  if (hasSharedError(attributes)) record.sharedError = true;
}

/** What a failed span says of its failure. */
function readFailure(
  record: RecordDraft,
  { name, kind, attributes, events, statusMessage }: SpanFacts,
  answer: AnswerFacts,
): void {
  const { http, rpc } = answer;
  const exception = lastException(events);
  const description = descriptionOf(statusMessage, attributes);
  const storeError = storeErrorIn(answer.store, attributes, exception, description);
  const thrown = errorTypesOf(attributes, exception, storeError);
  const causes = exception?.causes ?? [];
  const wrapped = causeTypesOf(exception);
  const types = [...thrown, ...wrapped];
  const code =
    codeAttribute(attributes) ??
    codeOf(attributes, answer, types, storeError) ??
    codeOfThrown(kind, exception);
  const answeredBadly = rpc !== undefined || (http !== undefined && http >= 400);
  const errorType = storeError?.type ?? bestErrorType(thrown);
  const message = messageOf(description, attributes, exception);
  // As if the program had said that the call is optional.
  if (answer.store !== undefined && isUnheardName({ system: answer.store, texts: [message] }))
    record.role ??= "optional";
  if (code !== undefined) record.code = code;
  if (code === "cancelled" && !answeredBadly) record.cancelled = true;
  if (isAbandoned(attributes)) record.abandoned = true;
  if (errorType !== undefined) record.errorType = errorType;
  if (message !== undefined) record.message = message;
  if (exception?.stack !== undefined) {
    const frames = framesOf(exception.stack);
    if (frames.length > 0) record.frames = frames;
  }
  if (exception?.causes !== undefined) record.causes = exception.causes;
  if (kind === "internal" && isLayer(name, attributes)) record.layer = true;
  record.says = new Saying(
    [description, message, exception?.message, ...causes.map((cause) => partsOfCause(cause).message)],
    types,
  );
  if (http !== undefined && http >= 400) record.status = http;
  if (rpc !== undefined && rpc !== "ok") record.rpcCode = rpc;
  if (record.call !== undefined) {
    const isAnswered =
      record.answered || (record.database && isAnsweredByStore(attributes, types, storeError));
    record.ended = isAnswered ? "answered" : "silent";
  }
}

function countOf(attributes: Attributes): number {
  let count = 0;
  for (const _ in attributes) count++;
  return count;
}

/** A call that did not end before the export was pending before that. */
function pendingOf(attributes: Attributes, isOver: boolean): Pending | undefined {
  return pendingIn(attributes) ?? (!isOver && isUnended(attributes) ? {} : undefined);
}
