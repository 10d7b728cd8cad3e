// What the tree tells of each failure of each client, case by case.
import type { Code } from "../../../../src/spans/code.ts";

export type DatabaseCase =
  | "refused"
  | "pool"
  | "timeout"
  | "constraint"
  | "syntax"
  | "deadlock"
  | "password"
  | "refusal"
  | "gone";

/** What a request of the service comes to. */
export interface Expected {
  /** The service's path. */
  readonly how: string;
  /** Code of the failed call; absent if the instrumentation makes no span, or none that has failed: then the error alone tells. */
  readonly code?: Code;
  readonly type?: string;
  /** What happens to the server while it works: it stands still, and perhaps is killed then. */
  readonly server?: "killed" | "stopped";
}

export type ExpectedByCase = Readonly<Partial<Record<DatabaseCase, readonly Expected[]>>>;

function call(how: string, code: Code, type?: string): Expected {
  return { how, code, ...(type === undefined ? undefined : { type }) };
}

export const PG: ExpectedByCase = {
  refused: [call("refused", "unavailable", "ECONNREFUSED")],
  pool: [call("pool", "deadline-exceeded"), call("full", "resource-exhausted", "53300")],
  timeout: [
    call("statement", "deadline-exceeded", "57014"),
    call("read", "deadline-exceeded"),
    call("lock", "aborted", "55P03"),
  ],
  constraint: [
    call("unique", "already-exists", "23505"),
    call("foreign", "failed-precondition", "23503"),
    call("null", "invalid-argument", "23502"),
    call("check", "invalid-argument", "23514"),
    call("long", "invalid-argument", "22001"),
    call("input", "invalid-argument", "22P02"),
  ],
  syntax: [call("syntax", "internal", "42601"), call("table", "internal", "42P01")],
  deadlock: [call("deadlock", "aborted", "40P01"), call("serialization", "aborted", "40001")],
  password: [call("password", "unauthenticated", "28P01")],
  refusal: [call("denied", "permission-denied", "42501")],
  gone: [call("ended", "unavailable", "57P01"), { ...call("gone", "unavailable"), server: "killed" }],
};

export const MYSQL2: ExpectedByCase = {
  // A pool connects before it asks: no span.
  refused: [call("refused", "unavailable", "ECONNREFUSED"), { how: "refused-pool" }],
  pool: [{ how: "pool" }],
  timeout: [
    call("read", "deadline-exceeded", "PROTOCOL_SEQUENCE_TIMEOUT"),
    call("statement", "deadline-exceeded", "ER_STATEMENT_TIMEOUT"),
    call("lock", "aborted", "ER_LOCK_WAIT_TIMEOUT"),
  ],
  constraint: [
    call("unique", "already-exists", "ER_DUP_ENTRY"),
    call("foreign", "failed-precondition", "ER_NO_REFERENCED_ROW_2"),
    call("null", "invalid-argument", "ER_BAD_NULL_ERROR"),
    call("check", "invalid-argument", "ER_CONSTRAINT_FAILED"),
    call("long", "invalid-argument", "ER_DATA_TOO_LONG"),
    call("input", "invalid-argument", "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD"),
  ],
  syntax: [
    call("syntax", "internal", "ER_PARSE_ERROR"),
    call("table", "internal", "ER_NO_SUCH_TABLE"),
    call("column", "internal", "ER_BAD_FIELD_ERROR"),
    call("database", "internal", "ER_BAD_DB_ERROR"),
  ],
  deadlock: [call("deadlock", "aborted", "ER_LOCK_DEADLOCK")],
  password: [call("password", "unauthenticated", "ER_ACCESS_DENIED_ERROR")],
  refusal: [call("denied", "permission-denied", "ER_TABLEACCESS_DENIED_ERROR")],
  gone: [
    call("ended", "unavailable", "PROTOCOL_CONNECTION_LOST"),
    // The end of a killed server reaches its client as an end or as a reset: PROTOCOL_CONNECTION_LOST or ECONNRESET.
    { ...call("gone", "unavailable"), server: "killed" },
  ],
};

export const IOREDIS: ExpectedByCase = {
  // A command that is refused because the client may not queue it is never ended by the instrumentation.
  refused: [
    call("refused", "unavailable", "MaxRetriesPerRequestError"),
    call("refused-once", "unavailable", "Error"),
    { how: "offline" },
  ],
  timeout: [call("read", "deadline-exceeded", "Error")],
  constraint: [
    call("type", "failed-precondition", "WRONGTYPE"),
    call("integer", "invalid-argument", "ERR"),
    call("pipeline", "invalid-argument", "ERR"),
  ],
  syntax: [
    call("syntax", "internal", "ERR"),
    call("command", "internal", "ERR"),
    call("script", "internal", "ERR"),
  ],
  password: [call("password", "unauthenticated"), call("login", "unauthenticated", "NOAUTH")],
  refusal: [
    call("denied", "permission-denied", "NOPERM"),
    call("memory", "resource-exhausted", "OOM"),
    call("replica", "failed-precondition", "READONLY"),
    call("busy", "unavailable", "BUSY"),
  ],
  gone: [{ ...call("gone", "unavailable", "Error"), server: "killed" }],
};

export const REDIS_CLIENT: ExpectedByCase = {
  refused: [
    call("refused", "unavailable", "ECONNREFUSED"),
    call("closed", "unavailable", "Error"),
    call("offline", "unavailable", "Error"),
  ],
  pool: [call("queue", "resource-exhausted", "Error")],
  timeout: [call("read", "deadline-exceeded", "Error")],
  constraint: [
    call("type", "failed-precondition", "WRONGTYPE"),
    call("integer", "invalid-argument", "ERR"),
    call("multi", "invalid-argument", "ERR"),
  ],
  syntax: [call("syntax", "internal", "ERR"), call("command", "internal", "ERR")],
  deadlock: [call("watch", "aborted", "Error")],
  password: [call("password", "unauthenticated", "WRONGPASS"), call("login", "unauthenticated", "NOAUTH")],
  refusal: [call("denied", "permission-denied", "NOPERM"), call("memory", "resource-exhausted", "OOM")],
  // As with mysql2: the client's own error for an end, ECONNRESET for a reset.
  gone: [{ ...call("gone", "unavailable"), server: "killed" }],
};

export const MONGODB: ExpectedByCase = {
  // The driver finds no server, so nothing is asked; a write error comes in an answer that is well, so its span is not failed.
  refused: [{ how: "refused" }],
  // Beside the call that finds no connection fails the one that has it.
  pool: [{ ...call("pool", "deadline-exceeded"), server: "stopped" }],
  timeout: [{ ...call("read", "deadline-exceeded"), server: "stopped" }],
  constraint: [{ how: "unique" }, { how: "upsert" }, call("exists", "already-exists", "48")],
  syntax: [{ how: "operator" }, call("query", "invalid-argument", "2"), call("command", "internal", "59")],
  refusal: [call("name", "invalid-argument", "73")],
  gone: [{ ...call("gone", "unavailable"), server: "killed" }],
};
