// One span of any producer, its attributes and events read into the few facts that the tree is made of.

import { CALL_ATTRIBUTES, type CallFacts, callFacts } from "./call.ts";
import {
  type Code,
  codeFromErrorType,
  codeFromHttp,
  codeFromName,
  codeFromNumber,
  codeFromSqlState,
} from "./code.ts";
import { type Exception, lastException, textOf } from "./exception.ts";
import { framesOf } from "./frames.ts";
import { isLayer, LAYER_ATTRIBUTES } from "./layer.ts";
import {
  hasSharedError,
  headIn,
  isAbandoned,
  NODE_ATTRIBUTES,
  orderIn,
  type SpanOrder,
  type ToldNode,
  toldCode,
  toldNode,
} from "./node-attributes.ts";
import { isUnended, PENDING_ATTRIBUTES, type Pending, pendingIn } from "./pending.ts";
import { type Saying, sayingOf } from "./saying.ts";
import type { SpanKindName } from "./span-kind.ts";
import { ROLE_ATTRIBUTE, roleOf, type SpanRole } from "./span-role.ts";

/** Attribute values by name, as recorded. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A span as its producer recorded it. */
export interface SpanFacts {
  readonly spanId: string;
  /** Absent where the span is a root, or where its parent is another service's and unknown here. */
  readonly parentId?: string;
  readonly service: string;
  readonly kind: SpanKindName;
  readonly name: string;
  readonly status: "unset" | "ok" | "error";
  /** Status description. */
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly attributes?: Attributes }[];
  /** On one clock per service, in any unit. */
  readonly start: number;
  /** `Infinity` where the span has not ended. */
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
  /** The code that the span itself tells; absent where it tells none or has not failed. */
  readonly code?: Code;
  /** A response status was seen. */
  readonly answered: boolean;
  /** What it says of its failure, in words; absent if it has not failed. */
  readonly says?: Saying;
  /** What a client or producer span knows of its call. */
  readonly call?: CallFacts;
  /** HTTP status that was answered, if it told of a failure. */
  readonly status?: number;
  /** Code that was answered by gRPC, if it told of a failure. */
  readonly rpcCode?: Code;
  /** A layer of a web framework. */
  readonly layer?: true;
  /** How a failed call ended: without an answer, or with one. */
  readonly ended?: "silent" | "answered";
  /** A call that the caller itself cancelled, before an answer or in its midst. */
  readonly cancelled?: true;
  readonly database: boolean;
  readonly peer?: string;
  readonly errorType?: string;
  readonly message?: string;
  readonly frames?: readonly string[];
  readonly abandoned?: true;
  readonly start: number;
  readonly end: number;
  /** Its place among the spans of its service, where `start` and `end` do not show it. */
  readonly order?: SpanOrder;
  /**
   * When the node that the span begins told its failure: its head was written, or the span ended. On the scale of `start`
   * and `end`, or of `order` where the spans beneath have one; absent where nothing beneath is known to have come later.
   */
  readonly head?: number;
  /** The error that it recorded came from beneath another request: what stopped that one may have stopped this one. */
  readonly sharedError?: true;
  /** A call that still ran when the node above it told its failure; if it failed after that it stopped nobody any more. */
  readonly pending?: Pending;
  /** Real times beside those that order, since the epoch; `endMs` is now where it lives. Absent in what a backend holds. */
  readonly times?: { readonly startMs: number; readonly endMs: number };
  /** A failed span beneath it is missing: what is left beneath may not be all that failed there. */
  readonly thinned?: true;
  /** What the program says of this call: its failure did not stop what stands above it. */
  readonly role?: SpanRole;
  /** The span was written from a node alone. */
  readonly told?: ToldNode;
  /** The head sampler chose the span: it reaches a backend by its normal way. */
  readonly sampled?: true;
  /** How much its producer told of it: of two records of one span the fuller one counts. */
  readonly fullness: number;
}

/** HTTP response status by any of its attribute names, newest first; `undefined` where there is none. */
export function httpStatusOf(attributes: Attributes): number | undefined {
  return (
    statusNumber(attributes["http.response.status_code"]) ?? statusNumber(attributes["http.status_code"])
  );
}

/** gRPC outcome by any of its attribute names, newest first; `undefined` where there is none. */
export function rpcStatusOf(attributes: Attributes): Code | undefined {
  const value = attributes["rpc.response.status_code"] ?? attributes["rpc.grpc.status_code"];
  const number = statusNumber(value);
  if (number === undefined) return typeof value === "string" ? codeFromName(value) : undefined;
  // gRPC takes a number that it does not know for UNKNOWN.
  return codeFromNumber(number) ?? (number > 0 ? "unknown" : undefined);
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
  const { attributes } = span;
  const exception = lastException(span.events);
  const http = httpStatusOf(attributes);
  const rpc = rpcStatusOf(attributes);
  const status = statusOf(span);
  const told = toldNode(attributes);
  const order = orderIn(attributes);
  const role = roleOf(attributes);
  const database = textOf(attributes["db.system.name"]) ?? textOf(attributes["db.system"]);
  const head = headIn(attributes);
  const answered = http !== undefined || rpc !== undefined;
  const failed = hasFailed(span, status, http, rpc, exception !== undefined);
  const pending = isCall(span) ? pendingOf(attributes, answered || failed) : undefined;
  const base = {
    spanId: span.spanId,
    ...(span.parentId === undefined ? undefined : { parentId: span.parentId }),
    service: span.service,
    kind: span.kind,
    operation: operationOf(span),
    failed,
    explicitOk: status === "ok",
    answered,
    database: database !== undefined,
    start: span.start,
    end: span.end,
    fullness: Object.keys(attributes).length + span.events.length + (status === "unset" ? 0 : 1),
    ...(told === undefined ? undefined : { told }),
    ...(order === undefined ? undefined : { order }),
    ...(role === undefined ? undefined : { role }),
    ...(head === undefined ? undefined : { head }),
    ...(pending === undefined ? undefined : { pending }),
    ...(hasSharedError(attributes) ? { sharedError: true as const } : undefined),
    ...(isCall(span) ? { call: callFacts(span.name, attributes) } : undefined),
  };
  const peer =
    database ??
    textOf(attributes["server.address"]) ??
    textOf(attributes["net.peer.name"]) ??
    textOf(attributes["peer.service"]);
  if (!failed) return peer === undefined ? base : { ...base, peer };
  const types = errorTypesOf(attributes, exception);
  const code = toldCode(attributes) ?? codeOf(attributes, http, rpc, database !== undefined, types);
  const answeredBadly = rpc !== undefined || (http !== undefined && http >= 400);
  const errorType = bestErrorType(types);
  const message = messageOf(span, exception);
  const frames = framesOf(exception?.stack);
  const descriptions = [textOf(span.statusMessage) ?? textOf(attributes["otel.status_description"]), message];
  return {
    ...base,
    ...(peer === undefined ? undefined : { peer }),
    ...(code === undefined ? undefined : { code }),
    ...(code === "cancelled" && !answeredBadly ? { cancelled: true as const } : undefined),
    ...(isAbandoned(attributes) ? { abandoned: true as const } : undefined),
    ...(errorType === undefined ? undefined : { errorType }),
    ...(message === undefined ? undefined : { message }),
    ...(frames.length === 0 ? undefined : { frames }),
    ...(span.kind === "internal" && isLayer(span.name, attributes) ? { layer: true as const } : undefined),
    says: sayingOf(descriptions, exception, types),
    ...(http !== undefined && http >= 400 ? { status: http } : undefined),
    ...(rpc !== undefined && rpc !== "ok" ? { rpcCode: rpc } : undefined),
    ...(isCall(span)
      ? { ended: answered || isToldByStore(types, attributes, database) ? "answered" : "silent" }
      : undefined),
  };
}

/** True if a data store answered with an error of its own: it tells a state, or no error of the network stands beside it. */
function isToldByStore(
  types: readonly string[],
  attributes: Attributes,
  database: string | undefined,
): boolean {
  if (database === undefined) return false;
  if (textOf(attributes["db.response.status_code"]) !== undefined || types.some(isSqlState)) return true;
  return !types.some((type) => codeFromErrorType(type) !== undefined);
}

function isCall({ kind }: SpanFacts): boolean {
  return kind === "client" || kind === "producer";
}

/** A call that did not end before the export was pending before that. */
function pendingOf(attributes: Attributes, isOver: boolean): Pending | undefined {
  return pendingIn(attributes) ?? (!isOver && isUnended(attributes) ? {} : undefined);
}

/** The status by field, else by the attributes that stand for it in formats without the field. */
function statusOf({ status, attributes }: SpanFacts): SpanFacts["status"] {
  if (status !== "unset") return status;
  const text = attributes["otel.status_code"];
  if (text === "ERROR" || text === "Error") return "error";
  const { error } = attributes;
  if (error === true || (typeof error === "string" && error !== "" && error.toLowerCase() !== "false")) {
    return "error";
  }
  return text === "OK" || text === "Ok" ? "ok" : "unset";
}

function messageOf(span: SpanFacts, exception: Exception | undefined): string | undefined {
  const { attributes } = span;
  const { error } = attributes;
  return (
    textOf(span.statusMessage) ??
    textOf(attributes["otel.status_description"]) ??
    exception?.message ??
    textOf(attributes["error.message"]) ??
    (typeof error === "string" && error.toLowerCase() !== "true" ? textOf(error) : undefined)
  );
}

function hasFailed(
  span: SpanFacts,
  status: SpanFacts["status"],
  http: number | undefined,
  rpc: Code | undefined,
  exception: boolean,
): boolean {
  if (status === "error") return true;
  // A server's caller saw the status that was written, whatever the program says.
  if (status === "ok" && span.kind !== "server") return false;
  if (http !== undefined || rpc !== undefined) {
    return (http !== undefined && http >= 400) || (rpc !== undefined && rpc !== "ok");
  }
  return status === "unset" && exception && span.end !== Number.POSITIVE_INFINITY;
}

function codeOf(
  attributes: Attributes,
  http: number | undefined,
  rpc: Code | undefined,
  database: boolean,
  types: readonly string[],
): Code | undefined {
  if (rpc !== undefined && rpc !== "ok") return rpc;
  const byHttp = http === undefined ? undefined : codeFromHttp(http);
  if (byHttp !== undefined) return byHttp;
  if (database) {
    // instrumentation-pg tells the SQLSTATE only as the type of the exception event.
    const state = textOf(attributes["db.response.status_code"]) ?? types.find(isSqlState);
    const bySql = state === undefined ? undefined : codeFromSqlState(state);
    if (bySql !== undefined) return bySql;
  }
  for (const type of types) {
    const byType = codeFromErrorType(type);
    if (byType !== undefined) return byType;
  }
  // A numeric error.type is a status.
  const status = http === undefined ? statusNumber(attributes["error.type"]) : undefined;
  return status === undefined ? undefined : codeFromHttp(status);
}

/** `error.type`, then the type of the exception, each where it is a type and no status. */
function errorTypesOf(attributes: Attributes, exception: Exception | undefined): string[] {
  const types: string[] = [];
  const own = textOf(attributes["error.type"]);
  const named = own === undefined ? undefined : (domException(own) ?? own);
  if (named !== undefined && statusNumber(named) === undefined) types.push(named);
  const thrown = exception?.type;
  if (thrown !== undefined) types.push(domException(thrown) ?? thrown);
  const told = PG_MESSAGE.exec(exception?.message ?? "")?.[1];
  if (told !== undefined && told !== "UNKNOWN") types.push(told);
  return types;
}

/** instrumentation-pg records a text in place of the error: the SQLSTATE or errno stands in it, and nowhere else. */
const PG_MESSAGE = /^PostgreSQL error of type '.*' occurred \(code: (\w+)\)$/;

/** The SDK records a DOMException by its legacy number. Source: WHATWG Web IDL, "DOMException names". */
function domException(type: string): string | undefined {
  if (type === "19") return "NetworkError";
  if (type === "20") return "AbortError";
  return type === "23" ? "TimeoutError" : undefined;
}

/** Names that say no more than that something failed. */
const VAGUE: ReadonlySet<string> = new Set(["Error", "AggregateError", "TypeError", "_OTHER"]);

function bestErrorType(types: readonly string[]): string | undefined {
  return (
    types.find((type) => codeFromErrorType(type) !== undefined) ??
    types.find((type) => !VAGUE.has(type)) ??
    types[0]
  );
}

/** Method and route where known, else the span's name. */
function operationOf(span: SpanFacts): string {
  const { attributes } = span;
  const method = textOf(attributes["http.request.method"]) ?? textOf(attributes["http.method"]);
  if (method === undefined) return span.name;
  const route =
    span.kind === "server" ? textOf(attributes["http.route"]) : textOf(attributes["url.template"]);
  return route === undefined ? span.name : `${method} ${route}`;
}

function isSqlState(type: string): boolean {
  return /^[0-9A-Z]{5}$/.test(type) && /\d/.test(type);
}

/** A status as number or digits; `undefined` for anything else. */
function statusNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) ? value : undefined;
  return typeof value === "string" && /^\d{1,3}$/.test(value) ? Number(value) : undefined;
}
