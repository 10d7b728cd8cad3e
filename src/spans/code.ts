// Defines the canonical codes and their two classes, and maps statuses, SQLSTATEs and error types to them.
import { codeFromForeignType } from "./foreign-errors.ts";

/**
 * Canonical status codes: kebab-case names with the numbers of gRPC.
 *
 * Source: google.rpc.Code, https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
 */
export const CODES = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  "invalid-argument": 3,
  "deadline-exceeded": 4,
  "not-found": 5,
  "already-exists": 6,
  "permission-denied": 7,
  "resource-exhausted": 8,
  "failed-precondition": 9,
  aborted: 10,
  "out-of-range": 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  "data-loss": 15,
  unauthenticated: 16,
} as const;

/** The code that an operation returned to its caller, such as `"not-found"`; `"ok"` if it did not fail. */
export type Code = keyof typeof CODES;

const NAMES = Object.keys(CODES) as Code[];

/** Name of a canonical code number (0 to 16); `undefined` for any other number. */
export function codeFromNumber(value: number): Code | undefined {
  return NAMES[value];
}

/** The code of a name in any of the usual spellings (`not-found`, `NOT_FOUND`); `undefined` for other text. */
export function codeFromName(value: string): Code | undefined {
  const name = value.toLowerCase().replaceAll("_", "-");
  if (name === "canceled") return "cancelled";
  return Object.hasOwn(CODES, name) ? (name as Code) : undefined;
}

const FAULTS: ReadonlySet<Code> = new Set<Code>([
  "unknown",
  "deadline-exceeded",
  "unimplemented",
  "internal",
  "unavailable",
  "data-loss",
]);

/** True for codes that say the callee itself did not do its job; any other failure is a rejection. */
export function isFault(code: Code): boolean {
  return FAULTS.has(code);
}

/** True for codes by which a server did its job and said no. */
export function isRejection(code: Code): boolean {
  return code !== "ok" && !FAULTS.has(code);
}

const HTTP: Readonly<Record<number, Code>> = {
  400: "invalid-argument",
  401: "unauthenticated",
  403: "permission-denied",
  404: "not-found",
  408: "deadline-exceeded",
  409: "already-exists",
  410: "not-found",
  412: "failed-precondition",
  413: "out-of-range",
  416: "out-of-range",
  422: "invalid-argument",
  429: "resource-exhausted",
  499: "cancelled",
  501: "unimplemented",
  502: "unavailable",
  503: "unavailable",
  504: "deadline-exceeded",
};

/** Code of an HTTP response status; `undefined` below 400, because such a status is no failure. */
export function codeFromHttp(status: number): Code | undefined {
  if (status < 400) return undefined;
  return HTTP[status] ?? (status < 500 ? "failed-precondition" : "internal");
}

const SQLSTATE: Readonly<Record<string, Code>> = {
  "23505": "already-exists",
  "23502": "invalid-argument",
  "23514": "invalid-argument",
  // A time limit on an idle or on a whole transaction.
  "25P03": "deadline-exceeded",
  "25P04": "deadline-exceeded",
  "42501": "permission-denied",
  "40P01": "aborted",
  "55P03": "aborted",
  "57014": "deadline-exceeded",
  P0002: "not-found",
  P0004: "internal",
  XX001: "data-loss",
  XX002: "data-loss",
};

/**
 * By the first two characters. What the data store can do for nobody is a fault (a wrong statement, a missing database
 * or schema); what it refuses because of its state or its data is a rejection.
 */
const SQLSTATE_CLASS: Readonly<Record<string, Code>> = {
  "02": "not-found",
  "08": "unavailable",
  "0A": "unimplemented",
  "22": "invalid-argument",
  "23": "failed-precondition",
  "25": "failed-precondition",
  "28": "unauthenticated",
  "3D": "internal",
  "3F": "internal",
  "40": "aborted",
  "42": "internal",
  "44": "invalid-argument",
  "53": "resource-exhausted",
  "54": "resource-exhausted",
  "55": "failed-precondition",
  "57": "unavailable",
  "58": "internal",
  // Raised by a function of the database: a rule of the program was broken.
  P0: "failed-precondition",
  XX: "internal",
};

/**
 * Code of a five-character SQLSTATE; `undefined` if neither the state nor its class has one.
 *
 * Source: PostgreSQL, appendix "Error Codes".
 */
export function codeFromSqlState(state: string): Code | undefined {
  if (Object.hasOwn(SQLSTATE, state)) return SQLSTATE[state];
  const group = state.slice(0, 2);
  return Object.hasOwn(SQLSTATE_CLASS, group) ? SQLSTATE_CLASS[group] : undefined;
}

const ERROR_TYPE: Readonly<Record<string, Code>> = {
  ECONNREFUSED: "unavailable",
  ECONNRESET: "unavailable",
  ECONNABORTED: "unavailable",
  EPIPE: "unavailable",
  ENOTFOUND: "unavailable",
  EAI_AGAIN: "unavailable",
  EHOSTUNREACH: "unavailable",
  ENETUNREACH: "unavailable",
  EHOSTDOWN: "unavailable",
  ENETDOWN: "unavailable",
  ENETRESET: "unavailable",
  EADDRNOTAVAIL: "unavailable",
  ESHUTDOWN: "unavailable",
  UND_ERR_SOCKET: "unavailable",
  UND_ERR_CLOSED: "unavailable",
  UND_ERR_DESTROYED: "unavailable",
  ERR_STREAM_PREMATURE_CLOSE: "unavailable",
  ERR_HTTP2_STREAM_ERROR: "unavailable",
  ERR_HTTP2_STREAM_CANCEL: "unavailable",
  ERR_HTTP2_SESSION_ERROR: "unavailable",
  ERR_HTTP2_GOAWAY_SESSION: "unavailable",
  ERR_HTTP2_INVALID_SESSION: "unavailable",
  ERR_HTTP2_ERROR: "unavailable",
  HTTPParserError: "unavailable",
  UND_ERR_HEADERS_OVERFLOW: "unavailable",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "unavailable",
  ERR_SOCKET_CLOSED: "unavailable",
  ERR_SOCKET_CLOSED_BEFORE_CONNECTION: "unavailable",
  ERR_NETWORK: "unavailable",
  NetworkError: "unavailable",
  SocketError: "unavailable",
  EPROTO: "unavailable",
  NoResponders: "unavailable",
  NoRespondersError: "unavailable",
  DEPTH_ZERO_SELF_SIGNED_CERT: "unavailable",
  SELF_SIGNED_CERT_IN_CHAIN: "unavailable",
  HOSTNAME_MISMATCH: "unavailable",
  INVALID_CA: "unavailable",
  INVALID_PURPOSE: "unavailable",
  PATH_LENGTH_EXCEEDED: "unavailable",
  EOPENBREAKER: "unavailable",
  ESEMLOCKED: "resource-exhausted",
  ETIMEDOUT: "deadline-exceeded",
  ETIMEOUT: "deadline-exceeded",
  ESOCKETTIMEDOUT: "deadline-exceeded",
  ERR_HTTP_REQUEST_TIMEOUT: "deadline-exceeded",
  ERR_SOCKET_CONNECTION_TIMEOUT: "deadline-exceeded",
  ERR_TLS_HANDSHAKE_TIMEOUT: "deadline-exceeded",
  TimeoutError: "deadline-exceeded",
  ConnectTimeoutError: "deadline-exceeded",
  HeadersTimeoutError: "deadline-exceeded",
  BodyTimeoutError: "deadline-exceeded",
  AbortError: "cancelled",
  ABORT_ERR: "cancelled",
  UND_ERR_ABORTED: "cancelled",
  RequestAbortedError: "cancelled",
  ERR_CANCELED: "cancelled",
};

/** Code of an `error.type` or `exception.type` (an errno, an undici code, a class name); `undefined` if it has none. */
export function codeFromErrorType(type: string): Code | undefined {
  if (Object.hasOwn(ERROR_TYPE, type)) return ERROR_TYPE[type];
  if (type.startsWith("UND_ERR_") && type.endsWith("_TIMEOUT")) return "deadline-exceeded";
  // Names that cannot be resolved, certificates that are not accepted, answers that are no HTTP (a proxy answers 502 for them).
  if (/^(?:EAI_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|CRL_|ERROR_IN_C|UNABLE_TO_|HPE_)/.test(type))
    return "unavailable";
  return codeFromForeignType(type);
}
