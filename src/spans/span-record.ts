// Reads the attributes and events of one span, of any producer, into the few facts that the tree is made of.

import { CALL_ATTRIBUTES, type CallFacts, callFacts } from "./call.ts";
import type { Code } from "./code.ts";
import { lastException, textOf } from "./exception.ts";
import { hasFailed, statusOf } from "./failure.ts";
import { framesOf } from "./frames.ts";
import { isLayer, LAYER_ATTRIBUTES } from "./layer.ts";
import {
  codeAttribute,
  hasSharedError,
  headIn,
  isAbandoned,
  NODE_ATTRIBUTES,
  orderIn,
  type SpanOrder,
  type SynthesizedNode,
  synthesizedNode,
} from "./node-attributes.ts";
import type { SpanKindName, SpanStatus } from "./otel.ts";
import { isUnended, PENDING_ATTRIBUTES, type Pending, pendingIn } from "./pending.ts";
import { httpStatusOf, rpcStatusOf } from "./response-status.ts";
import { type Saying, sayingOf } from "./saying.ts";
import {
  bestErrorType,
  codeOf,
  descriptionOf,
  errorTypesOf,
  isAnsweredByStore,
  messageOf,
} from "./span-error.ts";
import { ROLE_ATTRIBUTE, roleOf, type SpanRole } from "./span-role.ts";

/** Attribute values by name, as recorded. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A span as its producer recorded it. */
export interface SpanFacts {
  readonly spanId: string;
  /** Absent if the span is a root, or if its parent is another service's and unknown here. */
  readonly parentId?: string;
  readonly service: string;
  readonly kind: SpanKindName;
  readonly name: string;
  readonly status: SpanStatus;
  /** Status description. */
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes?: Attributes }[];
  /** On one clock per service, in any unit. */
  readonly start: number;
  /** `Infinity` if the span has not ended. */
  readonly end: number;
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
  readonly call?: CallFacts;
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
  readonly abandoned?: true;
  readonly start: number;
  readonly end: number;
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
  /** What the program says of this call: its failure did not stop what stands above it. */
  readonly role?: SpanRole;
  /** The span was synthesized: written from a node of an answer. */
  readonly synthesized?: SynthesizedNode;
  /** The head sampler chose the span: it reaches a backend by its normal way. */
  readonly sampled?: true;
  /** How many attributes and events it has: of two records of one span the fuller one counts. */
  readonly fullness: number;
}

/** Attributes that {@link toSpanRecord} reads; a reader of files needs to keep no others. */
export const READ_ATTRIBUTES: ReadonlySet<string> = new Set([
  "db.response.status_code",
  "db.system",
  "db.system.name",
  "error",
  "error.message",
  "error.type",
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
  "rpc.response.status_code",
  "server.address",
  "url.template",
  ROLE_ATTRIBUTE,
  ...CALL_ATTRIBUTES,
  ...LAYER_ATTRIBUTES,
  ...PENDING_ATTRIBUTES,
  ...NODE_ATTRIBUTES,
]);

/** Reads one span: whether it failed, its code, error and peer. */
export function toSpanRecord(span: SpanFacts): SpanRecord {
  const { attributes, events, kind } = span;
  const exception = lastException(events);
  const http = httpStatusOf(attributes);
  const rpc = rpcStatusOf(attributes);
  const status = statusOf(span.status, attributes);
  const synthesized = synthesizedNode(attributes);
  const order = orderIn(attributes);
  const role = roleOf(attributes);
  const database = textOf(attributes["db.system.name"]) ?? textOf(attributes["db.system"]);
  const head = headIn(attributes);
  const answered = http !== undefined || rpc !== undefined;
  const ended = span.end !== Number.POSITIVE_INFINITY;
  const failed = hasFailed(span.status, kind, { attributes, events, ended });
  const isCall = kind === "client" || kind === "producer";
  const pending = isCall ? pendingOf(attributes, answered || failed) : undefined;
  const base = {
    spanId: span.spanId,
    ...(span.parentId === undefined ? undefined : { parentId: span.parentId }),
    service: span.service,
    kind,
    operation: operationOf(span),
    failed,
    explicitOk: status === "ok",
    answered,
    database: database !== undefined,
    start: span.start,
    end: span.end,
    fullness: Object.keys(attributes).length + events.length + (status === "unset" ? 0 : 1),
    ...(synthesized === undefined ? undefined : { synthesized }),
    ...(order === undefined ? undefined : { order }),
    ...(role === undefined ? undefined : { role }),
    ...(head === undefined ? undefined : { head }),
    ...(pending === undefined ? undefined : { pending }),
    ...(hasSharedError(attributes) ? { sharedError: true as const } : undefined),
    ...(isCall ? { call: callFacts(span.name, attributes) } : undefined),
  };
  const peer =
    database ??
    textOf(attributes["server.address"]) ??
    textOf(attributes["net.peer.name"]) ??
    textOf(attributes["peer.service"]);
  if (!failed) return peer === undefined ? base : { ...base, peer };
  const types = errorTypesOf(attributes, exception);
  const code = codeAttribute(attributes) ?? codeOf(attributes, database !== undefined, types);
  const answeredBadly = rpc !== undefined || (http !== undefined && http >= 400);
  const answeredByStore = database !== undefined && isAnsweredByStore(attributes, types);
  const errorType = bestErrorType(types);
  const description = descriptionOf(span.statusMessage, attributes);
  const message = messageOf(description, attributes, exception);
  const frames = framesOf(exception?.stack);
  return {
    ...base,
    ...(peer === undefined ? undefined : { peer }),
    ...(code === undefined ? undefined : { code }),
    ...(code === "cancelled" && !answeredBadly ? { cancelled: true as const } : undefined),
    ...(isAbandoned(attributes) ? { abandoned: true as const } : undefined),
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message === undefined ? undefined : { message }),
    ...(frames.length === 0 ? undefined : { frames }),
    ...(kind === "internal" && isLayer(span.name, attributes) ? { layer: true as const } : undefined),
    says: sayingOf([description, message], exception, types),
    ...(http !== undefined && http >= 400 ? { status: http } : undefined),
    ...(rpc !== undefined && rpc !== "ok" ? { rpcCode: rpc } : undefined),
    ...(isCall ? { ended: answered || answeredByStore ? "answered" : "silent" } : undefined),
  };
}

/** A call that did not end before the export was pending before that. */
function pendingOf(attributes: Attributes, isOver: boolean): Pending | undefined {
  return pendingIn(attributes) ?? (!isOver && isUnended(attributes) ? {} : undefined);
}

/** Method and route if known, else the span's name. */
function operationOf(span: SpanFacts): string {
  const { attributes } = span;
  const method = textOf(attributes["http.request.method"]) ?? textOf(attributes["http.method"]);
  if (method === undefined) return span.name;
  const route =
    span.kind === "server" ? textOf(attributes["http.route"]) : textOf(attributes["url.template"]);
  return route === undefined ? span.name : `${method} ${route}`;
}
