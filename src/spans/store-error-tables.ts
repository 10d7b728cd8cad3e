// The errors of MySQL and MariaDB, Redis and MongoDB: their names and numbers, and texts of errors whose spans hold nothing else.
import type { Code } from "./code.ts";

/** An error that a data store answers with, or its client if that is said. */
export interface Known {
  readonly type: string;
  readonly code: Code;
  readonly by?: "client";
}

/** A text, the code of its error, and its type. What is no answer of the store has no type, or is marked as the client's. */
export type TextRow = readonly [pattern: RegExp, code: Code, type?: string, by?: "client"];

export function tableOf(rows: readonly (readonly [code: Code, names: string])[]): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const [code, names] of rows) {
    for (const name of names.split(" ")) {
      const [type = "", number] = name.split("=");
      known.set(type, { type, code });
      if (number !== undefined) known.set(number, { type, code });
    }
  }
  return known;
}

/**
 * Names and numbers. Sources: MySQL, "Server Error Message Reference"; MariaDB, "MariaDB Error Code Reference", which has
 * other errors than MySQL from 1900 and from 4000 on.
 */
export const MYSQL: ReadonlyMap<string, Known> = tableOf([
  ["already-exists", "ER_DUP_ENTRY=1062 ER_DUP_KEY=1022 ER_DUP_UNIQUE=1169 ER_DUP_ENTRY_WITH_KEY_NAME=1586"],
  [
    "failed-precondition",
    "ER_NO_REFERENCED_ROW=1216 ER_NO_REFERENCED_ROW_2=1452 ER_ROW_IS_REFERENCED=1217 ER_ROW_IS_REFERENCED_2=1451 " +
      "ER_OPTION_PREVENTS_STATEMENT=1290 ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION=1792 ER_READ_ONLY_MODE=1836 " +
      "ER_SIGNAL_EXCEPTION=1644",
  ],
  [
    "invalid-argument",
    "ER_BAD_NULL_ERROR=1048 ER_NO_DEFAULT_FOR_FIELD=1364 ER_DATA_TOO_LONG=1406 ER_WARN_DATA_OUT_OF_RANGE=1264 " +
      "ER_TRUNCATED_WRONG_VALUE=1292 ER_TRUNCATED_WRONG_VALUE_FOR_FIELD=1366 WARN_DATA_TRUNCATED=1265 " +
      "ER_DATA_OUT_OF_RANGE=1690 ER_DIVISION_BY_ZERO=1365 ER_INVALID_JSON_TEXT=3140 ER_CHECK_CONSTRAINT_VIOLATED=3819 " +
      "ER_CONSTRAINT_FAILED=4025",
  ],
  [
    "aborted",
    "ER_LOCK_DEADLOCK=1213 ER_LOCK_WAIT_TIMEOUT=1205 ER_LOCK_NOWAIT=3572 ER_CHECKREAD=1020 ER_QUERY_INTERRUPTED=1317 ER_XA_RBDEADLOCK=1614",
  ],
  [
    "deadline-exceeded",
    "ER_STATEMENT_TIMEOUT=1969 ER_QUERY_TIMEOUT=3024 ER_NET_READ_INTERRUPTED=1159 ER_NET_WRITE_INTERRUPTED=1161",
  ],
  [
    "unauthenticated",
    "ER_ACCESS_DENIED_ERROR=1045 ER_ACCESS_DENIED_NO_PASSWORD_ERROR=1698 ER_MUST_CHANGE_PASSWORD=1820 ER_ACCOUNT_HAS_BEEN_LOCKED=3118 ER_MUST_CHANGE_PASSWORD_LOGIN=1862",
  ],
  [
    "permission-denied",
    "ER_DBACCESS_DENIED_ERROR=1044 ER_TABLEACCESS_DENIED_ERROR=1142 ER_COLUMNACCESS_DENIED_ERROR=1143 " +
      "ER_SPECIFIC_ACCESS_DENIED_ERROR=1227 ER_PROCACCESS_DENIED_ERROR=1370 ER_HOST_NOT_PRIVILEGED=1130 ER_HOST_IS_BLOCKED=1129",
  ],
  [
    "resource-exhausted",
    "ER_CON_COUNT_ERROR=1040 ER_TOO_MANY_USER_CONNECTIONS=1203 ER_USER_LIMIT_REACHED=1226 ER_LOCK_TABLE_FULL=1206 " +
      "ER_RECORD_FILE_FULL=1114 ER_DISK_FULL=1021 ER_OUT_OF_RESOURCES=1041 ER_OUTOFMEMORY=1037 ER_NET_PACKET_TOO_LARGE=1153",
  ],
  [
    "unavailable",
    "ER_SERVER_SHUTDOWN=1053 ER_NEW_ABORTING_CONNECTION=1184 ER_ABORTING_CONNECTION=1152 ER_CONNECTION_KILLED=1927 ER_CLIENT_INTERACTION_TIMEOUT=4031",
  ],
  [
    "internal",
    "ER_PARSE_ERROR=1064 ER_SYNTAX_ERROR=1149 ER_EMPTY_QUERY=1065 ER_NO_SUCH_TABLE=1146 ER_BAD_TABLE_ERROR=1051 ER_BAD_FIELD_ERROR=1054 " +
      "ER_BAD_DB_ERROR=1049 ER_NO_DB_ERROR=1046 ER_WRONG_VALUE_COUNT_ON_ROW=1136 ER_SP_DOES_NOT_EXIST=1305 ER_NON_UNIQ_ERROR=1052 " +
      "ER_WRONG_ARGUMENTS=1210 ER_UNKNOWN_STMT_HANDLER=1243 ER_SUBQUERY_NO_1_ROW=1242",
  ],
  ["unimplemented", "ER_NOT_SUPPORTED_YET=1235"],
  ["data-loss", "ER_CRASHED_ON_USAGE=1194 ER_NOT_KEYFILE=1034 ER_TABLE_CORRUPT=1877"],
]);

/** instrumentation-mysql2 records nothing but the message. */
export const MYSQL_TEXTS: readonly TextRow[] = [
  [/^Duplicate entry '/, "already-exists", "ER_DUP_ENTRY"],
  [/^Deadlock found when trying to get lock/, "aborted", "ER_LOCK_DEADLOCK"],
  [/^Lock wait timeout exceeded/, "aborted", "ER_LOCK_WAIT_TIMEOUT"],
  [/^Statement aborted because lock\(s\) could not be acquired/, "aborted", "ER_LOCK_NOWAIT"],
  [/^Record has changed since last read/, "aborted", "ER_CHECKREAD"],
  [/^Access denied for user '[^']*'@'[^']*' to database /, "permission-denied", "ER_DBACCESS_DENIED_ERROR"],
  [/^Access denied for user '/, "unauthenticated", "ER_ACCESS_DENIED_ERROR"],
  [/^Access denied; you need /, "permission-denied", "ER_SPECIFIC_ACCESS_DENIED_ERROR"],
  [
    /^[A-Z ,]{3,80} command denied to user '.*' for column /,
    "permission-denied",
    "ER_COLUMNACCESS_DENIED_ERROR",
  ],
  [/^[A-Z ,]{3,80} command denied to user '/, "permission-denied", "ER_TABLEACCESS_DENIED_ERROR"],
  [/^Host '[^']*' is not allowed to connect/, "permission-denied", "ER_HOST_NOT_PRIVILEGED"],
  [/^You have an error in your SQL syntax/, "internal", "ER_PARSE_ERROR"],
  [/^Table '[^']*' doesn't exist/, "internal", "ER_NO_SUCH_TABLE"],
  [/^Unknown column '/, "internal", "ER_BAD_FIELD_ERROR"],
  [/^Unknown database '/, "internal", "ER_BAD_DB_ERROR"],
  [/^Unknown table '/, "internal", "ER_BAD_TABLE_ERROR"],
  [/^No database selected/, "internal", "ER_NO_DB_ERROR"],
  [/^Query was empty/, "internal", "ER_EMPTY_QUERY"],
  [/^Subquery returns more than 1 row/, "internal", "ER_SUBQUERY_NO_1_ROW"],
  [/^Column count doesn't match value count/, "internal", "ER_WRONG_VALUE_COUNT_ON_ROW"],
  [/^(?:PROCEDURE|FUNCTION) \S+ does not exist/, "internal", "ER_SP_DOES_NOT_EXIST"],
  [/^Cannot add or update a child row/, "failed-precondition", "ER_NO_REFERENCED_ROW_2"],
  [/^Cannot delete or update a parent row/, "failed-precondition", "ER_ROW_IS_REFERENCED_2"],
  [/^Column '[^']*' cannot be null/, "invalid-argument", "ER_BAD_NULL_ERROR"],
  [/^Field '[^']*' doesn't have a default value/, "invalid-argument", "ER_NO_DEFAULT_FOR_FIELD"],
  [/^Data too long for column '/, "invalid-argument", "ER_DATA_TOO_LONG"],
  [/^Data truncated for column '/, "invalid-argument", "WARN_DATA_TRUNCATED"],
  [/^Out of range value for column '/, "invalid-argument", "ER_WARN_DATA_OUT_OF_RANGE"],
  [
    /^Incorrect [a-z ]{3,40} value: .* for column /s,
    "invalid-argument",
    "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD",
  ],
  [/^(?:Truncated i|I)ncorrect [A-Za-z ]{3,40} value: /, "invalid-argument", "ER_TRUNCATED_WRONG_VALUE"],
  [/^CONSTRAINT `[^`]*` failed for /, "invalid-argument", "ER_CONSTRAINT_FAILED"],
  [/^Check constraint '[^']*' is violated/, "invalid-argument", "ER_CHECK_CONSTRAINT_VIOLATED"],
  [
    /^Query execution was interrupted \(max_statement_time exceeded\)/,
    "deadline-exceeded",
    "ER_STATEMENT_TIMEOUT",
  ],
  [
    /^Query execution was interrupted, maximum statement execution time exceeded/,
    "deadline-exceeded",
    "ER_QUERY_TIMEOUT",
  ],
  // Somebody killed the statement, not the connection.
  [/^Query execution was interrupted/, "aborted", "ER_QUERY_INTERRUPTED"],
  [/^Too many connections/, "resource-exhausted", "ER_CON_COUNT_ERROR"],
  [
    /^User '?[^']*'? (?:already )?has (?:already )?(?:more than|exceeded) (?:the )?'?max_/,
    "resource-exhausted",
    "ER_USER_LIMIT_REACHED",
  ],
  [/^The table '[^']*' is full/, "resource-exhausted", "ER_RECORD_FILE_FULL"],
  [
    /^The (?:MySQL|MariaDB) server is running with the /,
    "failed-precondition",
    "ER_OPTION_PREVENTS_STATEMENT",
  ],
  [
    /^Cannot execute statement in a READ ONLY transaction/,
    "failed-precondition",
    "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION",
  ],
  [/^(?:Server shutdown in progress|Normal shutdown)/, "unavailable", "ER_SERVER_SHUTDOWN"],
  [/^Connection was killed/, "unavailable", "ER_CONNECTION_KILLED"],
  // From here on the client itself.
  [/^Query inactivity timeout/, "deadline-exceeded", "PROTOCOL_SEQUENCE_TIMEOUT", "client"],
  [/^Connection lost/, "unavailable", "PROTOCOL_CONNECTION_LOST", "client"],
  [
    /^(?:Can't add new command when connection is in closed state|Cannot enqueue \w+ after |Pool is closed|This socket has been ended|Packets out of order)/,
    "unavailable",
  ],
  [/^(?:Queue limit reached|No connections available)/, "resource-exhausted"],
];

/**
 * The first word of an error; `ERR` says nothing.
 *
 * Source: Redis, `src/server.c` ("shared.*err"), `src/cluster.c`, `src/script.c`.
 */
export const REDIS: ReadonlyMap<string, Known> = tableOf([
  ["unauthenticated", "NOAUTH WRONGPASS"],
  ["permission-denied", "NOPERM DENIED"],
  ["failed-precondition", "WRONGTYPE READONLY NOREPLICAS NOTBUSY NOGOODSLAVE MISCONF UNKILLABLE INPROG"],
  ["resource-exhausted", "OOM"],
  ["unavailable", "LOADING MASTERDOWN CLUSTERDOWN BUSY TRYAGAIN MOVED ASK NOMASTERLINK UNBLOCKED IOERR"],
  ["aborted", "EXECABORT"],
  ["already-exists", "BUSYGROUP BUSYKEY"],
  ["not-found", "NOGROUP NOKEY"],
  ["unimplemented", "NOPROTO"],
  ["internal", "NOSCRIPT CROSSSLOT"],
]);

export const REDIS_TEXTS: readonly TextRow[] = [
  [
    /^ERR (?:unknown (?:sub)?command|wrong number of arguments|syntax error|Unknown Redis command|Error (?:running|compiling) script|user_script|(?:EXEC|DISCARD) without MULTI|MULTI calls can not be nested)/i,
    "internal",
    "ERR",
  ],
  [/^ERR max number of clients reached/, "resource-exhausted", "ERR"],
  [/^ERR invalid password/, "unauthenticated", "ERR"],
  [
    /^ERR (?:value is not|hash value is not|increment|bit offset|invalid|index out of range|offset is out of range|min or max is not|timeout is |The ID specified|string exceeds)/i,
    "invalid-argument",
    "ERR",
  ],
  [/^ERR no such key/, "not-found", "ERR"],
  [/^ERR This instance has cluster support disabled/, "failed-precondition", "ERR"],
  [/^ERR (?:Script killed|Error in execution)/, "aborted", "ERR"],
  // From here on the clients themselves: ioredis and redis.
  [
    /^(?:Command timed out|Connection timeout|connect ETIMEDOUT|Socket timeout|Command timeout)/,
    "deadline-exceeded",
  ],
  [
    /^(?:Connection is closed|Reached the max retries per request limit|Command aborted due to connection close|Stream isn't writeable|Socket closed unexpectedly|Disconnects client|The client is (?:closed|offline)|All (?:the root nodes|sentinels) are un|None of startup nodes is available|Failed to refresh slots cache|Connection lost)/,
    "unavailable",
  ],
  [/^The queue is full/, "resource-exhausted"],
  [/^One \(or more\) of the watched keys has been changed/, "aborted"],
];

/** Numbers, and their names. Source: MongoDB, `src/mongo/base/error_codes.yml`. */
export const MONGODB: ReadonlyMap<string, Known> = numbersOf([
  [
    "already-exists",
    "11000=DuplicateKey 11001=DuplicateKey 12582=DuplicateKey 48=NamespaceExists 68=IndexAlreadyExists",
  ],
  [
    "invalid-argument",
    "2=BadValue 14=TypeMismatch 121=DocumentValidationFailure 73=InvalidNamespace 22=InvalidBSON 17280=KeyTooLong 10334=BSONObjectTooLarge 66=ImmutableField 28=PathNotViable",
  ],
  [
    "internal",
    "8=UnknownError 1=InternalError 9=FailedToParse 59=CommandNotFound 40324=UnrecognizedPipelineStage 72=InvalidOptions 168=InvalidPipelineOperator",
  ],
  ["unauthenticated", "18=AuthenticationFailed 11=UserNotFound 391=ReauthenticationRequired"],
  ["permission-denied", "13=Unauthorized"],
  ["not-found", "26=NamespaceNotFound 27=IndexNotFound 43=CursorNotFound"],
  [
    "deadline-exceeded",
    "50=MaxTimeMSExpired 24=LockTimeout 89=NetworkTimeout 262=ExceededTimeLimit 290=TransactionExceededLifetimeLimitSeconds 64=WriteConcernTimeout",
  ],
  [
    "aborted",
    "112=WriteConflict 251=NoSuchTransaction 225=TransactionTooOld 244=TransactionAborted 246=SnapshotUnavailable 11601=Interrupted 117=ConflictingOperationInProgress",
  ],
  [
    "failed-precondition",
    "20=IllegalOperation 256=TransactionCommitted 267=PreparedTransactionInProgress 61=ShardKeyNotFound",
  ],
  [
    "resource-exhausted",
    "146=ExceededMemoryLimit 14031=OutOfDiskSpace 292=QueryExceededMemoryLimitNoDiskUseAllowed 202=TooManyLocks",
  ],
  [
    "unavailable",
    "6=HostUnreachable 7=HostNotFound 91=ShutdownInProgress 189=PrimarySteppedDown 10107=NotWritablePrimary 13435=NotPrimaryNoSecondaryOk " +
      "13436=NotPrimaryOrSecondary 11600=InterruptedAtShutdown 11602=InterruptedDueToReplStateChange 9001=SocketException 133=FailedToSatisfyReadPreference 134=ReadConcernMajorityNotAvailableYet",
  ],
  ["unimplemented", "115=CommandNotSupported 238=NotImplemented 303=QueryFeatureNotAllowed"],
]);

/** A type is the number, as the driver's `code` is. */
function numbersOf(rows: readonly (readonly [code: Code, names: string])[]): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const [code, names] of rows) {
    for (const name of names.split(" ")) {
      const [number = "", word = ""] = name.split("=");
      known.set(number, { type: number, code });
      if (!known.has(word)) known.set(word, { type: number, code });
    }
  }
  return known;
}

/** instrumentation-mongodb records nothing but the message. */
export const MONGODB_TEXTS: readonly TextRow[] = [
  [/^Authentication failed/i, "unauthenticated", "18"],
  [/^(?:not authorized on |command \S+ requires authentication|Unauthorized)/i, "permission-denied", "13"],
  [
    /^(?:operation exceeded time limit|Executor error during \S+ command.*operation exceeded time limit)/i,
    "deadline-exceeded",
    "50",
  ],
  [/(?:^|: )(?:WriteConflict|Write conflict during plan execution)/i, "aborted", "112"],
  [
    /^(?:Transaction(?: with)? .{0,200}(?:has been aborted|is not in progress)|Given transaction number)/,
    "aborted",
    "251",
  ],
  [/^Document failed validation/, "invalid-argument", "121"],
  [/^(?:unknown (?:top level )?operator|.{0,80}must be (?:a|an) )/, "invalid-argument", "2"],
  [/^Invalid (?:collection name|namespace)/i, "invalid-argument", "73"],
  [/^Unknown modifier/, "internal", "9"],
  [/^no such (?:command|cmd)/, "internal", "59"],
  [/^(?:Unrecognized pipeline stage name|Unknown aggregation stage)/i, "internal", "40324"],
  [/^Collection \S+ already exists|^a collection '[^']*' already exists/, "already-exists", "48"],
  [/^ns (?:not found|does not exist)/, "not-found", "26"],
  [/^cursor id \S+ not found/i, "not-found", "43"],
  [/^(?:not (?:primary|master)|node is not in primary)/i, "unavailable", "10107"],
  [/^(?:node is recovering|The server is in quiesce mode|interrupted at shutdown)/i, "unavailable", "91"],
  // From here on the driver itself.
  [
    /^(?:Timed out while checking out|Timed out (?:during|at|while|after)|connection \S+ to \S+ timed out|Server selection timed out|Socket .*timed out|Operation timed out)/i,
    "deadline-exceeded",
  ],
  [
    /^(?:connection \S+ to \S+ closed|Connection pool for \S+ was cleared|Connection to \S+ interrupted|Topology (?:is )?closed|Attempted to check out a connection from closed|Client must be connected|client was closed|MongoClient must be connected)/i,
    "unavailable",
  ],
];
