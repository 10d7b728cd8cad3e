// Reads the error of a failed span: its code, type and message, from whichever attributes and events hold them.
import { partsOfCause } from "./causes.ts";
import {
  type Code,
  codeFromErrorType,
  codeFromHttp,
  codeFromName,
  codeFromSqlState,
  isFault,
} from "./code.ts";
import { type Exception, textOf } from "./exception.ts";
import { isForeignGeneric } from "./foreign-errors.ts";
import type { SpanKindName } from "./otel.ts";
import { statusNumber } from "./response-status.ts";
import { type RpcError, rpcErrorOf, statusIn } from "./rpc-error.ts";
import { hasSqlStates, type StoreError, storeErrorOf } from "./store-errors.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** How a span was answered, and by whom. */
export interface AnswerFacts {
  readonly http: number | undefined;
  readonly rpc: Code | undefined;
  /** `db.system.name` or its older name, if a data store was asked. */
  readonly store: string | undefined;
}

/** The code that a failed span shows; `undefined` if it shows none. */
export function codeOf(
  attributes: Attributes,
  { http, rpc, store }: AnswerFacts,
  types: readonly string[],
  storeError: StoreError | undefined,
): Code | undefined {
  if (rpc !== undefined && rpc !== "ok") return rpc;
  const byHttp = http === undefined ? undefined : codeFromHttp(http);
  if (byHttp !== undefined) return byHttp;
  if (storeError?.isAnswer === true) return storeError.code;
  if (store !== undefined) {
    // instrumentation-pg writes the SQLSTATE only into the message of the exception event.
    const names = hasSqlStates(store) ? [textOf(attributes["db.response.status_code"]) ?? "", ...types] : [];
    const state = names.find(isSqlState);
    const bySql = state === undefined ? undefined : codeFromSqlState(state);
    if (bySql !== undefined) return bySql;
    // The client's words count more than its type: ioredis calls it an AbortError if the server closes the connection.
    if (storeError !== undefined) return storeError.code;
  }
  for (const type of types) {
    const byType = codeFromErrorType(type);
    if (byType !== undefined) return byType;
  }
  // A numeric error.type is a status.
  const status =
    http === undefined && store === undefined ? statusNumber(attributes["error.type"]) : undefined;
  return status === undefined ? undefined : codeFromHttp(status);
}

/**
 * The code of an error that a client of gRPC or Connect threw, or that was caused by one, for a span that was not answered with a
 * status of its own. What its callee refused is a rejection only if it is handed on to a caller: a job or a message has none.
 */
export function codeOfThrown(kind: SpanKindName, exception: Exception | undefined): Code | undefined {
  const thrown = rpcErrorIn(exception);
  const causes = exception?.causes ?? [];
  if (thrown !== undefined) return kind === "server" || isFault(thrown.code) ? thrown.code : undefined;
  return causes.map((cause) => statusIn(cause)?.code).find((code) => code !== undefined && isFault(code));
}

/** The error of a client of gRPC or Connect that a span recorded, if it is one. */
function rpcErrorIn(exception: Exception | undefined): RpcError | undefined {
  return rpcErrorOf(exception?.type, exception?.message ?? "");
}

/** What a data store or its client said, by everything in the span that may name an error. */
export function storeErrorIn(
  store: string | undefined,
  attributes: Attributes,
  exception: Exception | undefined,
  description: string | undefined,
): StoreError | undefined {
  if (store === undefined) return undefined;
  const names = [attributes["db.response.status_code"], attributes["error.type"], exception?.type];
  return storeErrorOf({
    system: store,
    types: names.flatMap((name) => (typeof name === "string" || typeof name === "number" ? [`${name}`] : [])),
    texts: [description, exception?.message, textOf(attributes["error.message"])],
  });
}

/** True if a data store answered with an error of its own: it gave a state, or no error of the network stands beside it. */
export function isAnsweredByStore(
  attributes: Attributes,
  types: readonly string[],
  storeError: StoreError | undefined,
): boolean {
  if (storeError !== undefined) return storeError.isAnswer;
  if (textOf(attributes["db.response.status_code"]) !== undefined || types.some(isSqlState)) return true;
  return !types.some((type) => codeFromErrorType(type) !== undefined);
}

/** `error.type`, then the type of the exception, each only if it is a type and no status; then that of a data store's error. */
export function errorTypesOf(
  attributes: Attributes,
  exception: Exception | undefined,
  storeError: StoreError | undefined,
): string[] {
  const types: string[] = [];
  const own = textOf(attributes["error.type"]);
  const named = own === undefined ? undefined : (domException(own) ?? own);
  if (named !== undefined && !isStatus(named)) types.push(named);
  const reported = textOf(attributes["grpc.error_name"]);
  if (reported !== undefined && reported !== "Error") types.push(reported);
  const thrown = rpcErrorIn(exception) === undefined ? exception?.type : undefined;
  if (thrown !== undefined) types.push(domException(thrown) ?? thrown);
  const quoted = PG_MESSAGE.exec(exception?.message ?? "")?.[1];
  if (quoted !== undefined && quoted !== "UNKNOWN") types.push(quoted);
  if (storeError?.type !== undefined && !types.includes(storeError.type)) types.push(storeError.type);
  return types;
}

/** Types of what caused the error. That of a cause names a failure beneath; that of a mistake would say that this error is one. */
export function causeTypesOf(exception: Exception | undefined): string[] {
  const types = exception?.causes?.map((cause) => partsOfCause(cause).type ?? "") ?? [];
  const named = types.filter((type) => codeFromErrorType(type) !== undefined);
  return exception?.causeType === undefined ? named : [exception.causeType, ...named];
}

/** A status of HTTP, or the name of one of gRPC, as the conventions for both have it in `error.type`. */
function isStatus(type: string): boolean {
  return (
    statusNumber(type) !== undefined || (type === type.toUpperCase() && codeFromName(type) !== undefined)
  );
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
const VAGUE: ReadonlySet<string> = new Set([
  "Error",
  "AggregateError",
  "TypeError",
  "_OTHER",
  "ReplyError",
  "error",
]);

/** Of several types the one that says most. */
export function bestErrorType(types: readonly string[]): string | undefined {
  return (
    types.find((type) => codeFromErrorType(type) !== undefined) ??
    types.find((type) => !VAGUE.has(type) && !isForeignGeneric(type)) ??
    types[0]
  );
}

function isSqlState(type: string): boolean {
  return /^[0-9A-Z]{5}$/.test(type) && /\d/.test(type);
}

/** The description of a span's status, by its field or by the attribute that stands for it. */
export function descriptionOf(statusMessage: string | undefined, attributes: Attributes): string | undefined {
  return textOf(statusMessage) ?? textOf(attributes["otel.status_description"]);
}

function isRpc(attributes: Attributes): boolean {
  return attributes["rpc.grpc.status_code"] !== undefined || attributes["rpc.method"] !== undefined;
}

/** How instrumentation-amqplib describes what became of a message, in place of what went wrong. */
const OF_BROKER =
  /^(?:(?:nack|reject|ackAll|nackAll) called on message|channel closed$|channel error$|instrumentation timeout$)/;

function isOfBroker(description: string | undefined): boolean {
  return description !== undefined && OF_BROKER.test(description);
}

/** The message of a failed span: its status description, else what its error says. */
export function messageOf(
  description: string | undefined,
  attributes: Attributes,
  exception: Exception | undefined,
): string | undefined {
  const { error } = attributes;
  const message =
    (exception?.message !== undefined && isOfBroker(description) ? undefined : description) ??
    exception?.message ??
    textOf(attributes["error.message"]) ??
    textOf(attributes["grpc.error_message"]) ??
    (typeof error === "string" && error.toLowerCase() !== "true" ? textOf(error) : undefined);
  // The code says what such a message begins with.
  const status =
    isRpc(attributes) || rpcErrorIn(exception) !== undefined ? statusIn(message ?? "") : undefined;
  return status === undefined ? message : status.message;
}
