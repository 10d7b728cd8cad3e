// Codes, types and sides of the errors of data stores, from what the stock instrumentations leave in their spans.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CODES } from "../../src/spans/code.ts";
import { toSpanRecord } from "../../src/spans/span-record.ts";
import { SQL_SERVER } from "../../src/spans/sql-server-errors.ts";
import { MONGODB, MYSQL, REDIS } from "../../src/spans/store-error-tables.ts";
import { storeErrorOf } from "../../src/spans/store-errors.ts";

interface Failure {
  readonly message?: string;
  readonly exception?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** The record of a failed call to a data store. */
function recordOf(system: string, { message, exception, attributes = {} }: Failure, name = "db.system.name") {
  return toSpanRecord({
    spanId: "a",
    service: "shop",
    kind: "client",
    name: "query",
    status: "error",
    statusMessage: message,
    attributes: { [name]: system, ...attributes },
    events: exception === undefined ? [] : [{ name: "exception", attributes: exception }],
    start: 0,
    end: 1,
  });
}

describe.each([
  ["mysql", "Duplicate entry 'x' for key 'users.email'", "already-exists", "ER_DUP_ENTRY", "answered"],
  [
    "mysql",
    "Deadlock found when trying to get lock; try restarting transaction",
    "aborted",
    "ER_LOCK_DEADLOCK",
    "answered",
  ],
  [
    "mysql",
    "Access denied for user 'a'@'b' (using password: YES)",
    "unauthenticated",
    "ER_ACCESS_DENIED_ERROR",
    "answered",
  ],
  [
    "mysql",
    "Access denied for user 'a'@'b' to database 'c'",
    "permission-denied",
    "ER_DBACCESS_DENIED_ERROR",
    "answered",
  ],
  [
    "mysql",
    "INSERT, UPDATE command denied to user 'a'@'b' for table 'c'",
    "permission-denied",
    "ER_TABLEACCESS_DENIED_ERROR",
    "answered",
  ],
  [
    "mysql",
    "Incorrect datetime value: '1\n2' for column 'x' at row 1",
    "invalid-argument",
    "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD",
    "answered",
  ],
  ["mariadb", "ER_NO_SUCH_TABLE: Table 'a.b' doesn't exist", "internal", "ER_NO_SUCH_TABLE", "answered"],
  [
    "mariadb",
    "(conn:7, no: 1062, SQLState: 23000) Duplicate entry",
    "already-exists",
    "ER_DUP_ENTRY",
    "answered",
  ],
  ["mysql", "connect ECONNREFUSED 127.0.0.1:3306", "unavailable", "ECONNREFUSED", "silent"],
  ["mysql", "getaddrinfo EAI_AGAIN db", "unavailable", "EAI_AGAIN", "silent"],
  ["mysql", "connect ETIMEDOUT", "deadline-exceeded", "ETIMEDOUT", "silent"],
  [
    "mysql",
    "Connection lost: The server closed the connection.",
    "unavailable",
    "PROTOCOL_CONNECTION_LOST",
    "silent",
  ],
  ["mysql", "Query inactivity timeout", "deadline-exceeded", "PROTOCOL_SEQUENCE_TIMEOUT", "silent"],
  ["mysql", "Queue limit reached.", "resource-exhausted", undefined, "silent"],
  ["postgresql", "timeout exceeded when trying to connect", "deadline-exceeded", undefined, "silent"],
  ["postgresql", "Connection terminated unexpectedly", "unavailable", undefined, "silent"],
  [
    "redis",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "unauthenticated",
    "WRONGPASS",
    "answered",
  ],
  ["redis", "NOAUTH Authentication required.", "unauthenticated", "NOAUTH", "answered"],
  [
    "redis",
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "failed-precondition",
    "WRONGTYPE",
    "answered",
  ],
  [
    "valkey",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "resource-exhausted",
    "OOM",
    "answered",
  ],
  [
    "redis",
    "READONLY You can't write against a read only replica.",
    "failed-precondition",
    "READONLY",
    "answered",
  ],
  ["redis", "LOADING Redis is loading the dataset in memory", "unavailable", "LOADING", "answered"],
  ["redis", "MOVED 3999 127.0.0.1:6381", "unavailable", "MOVED", "answered"],
  ["redis", "CLUSTERDOWN The cluster is down", "unavailable", "CLUSTERDOWN", "answered"],
  ["redis", "BUSY Redis is busy running a script.", "unavailable", "BUSY", "answered"],
  ["redis", "ERR unknown command 'x'", "internal", "ERR", "answered"],
  ["redis", "Socket closed unexpectedly", "unavailable", undefined, "silent"],
  ["redis", "Command timed out", "deadline-exceeded", undefined, "silent"],
  [
    "mongodb",
    "E11000 duplicate key error collection: shop.users index: email_1",
    "already-exists",
    "11000",
    "answered",
  ],
  ["mongodb", "Authentication failed.", "unauthenticated", "18", "answered"],
  ["mongodb", "operation exceeded time limit", "deadline-exceeded", "50", "answered"],
  [
    "mongodb",
    "Caused by :: Write conflict during plan execution and yielding is disabled.",
    "aborted",
    "112",
    "answered",
  ],
  [
    "mongodb",
    'not authorized on shop to execute command { find: "users" }',
    "permission-denied",
    "13",
    "answered",
  ],
  ["mongodb", "connection 3 to 127.0.0.1:27017 closed", "unavailable", undefined, "silent"],
  [
    "mongodb",
    "Timed out while checking out a connection from connection pool",
    "deadline-exceeded",
    undefined,
    "silent",
  ],
] as const)("%s: %s", (system, message, code, type, ended) => {
  test(`is ${code}`, () => {
    const expected = {
      code,
      ended,
      message,
      peer: system,
      ...(type === undefined ? {} : { errorType: type }),
    };
    expect(recordOf(system, { message })).toMatchObject(expected);
    expect(recordOf(system, { message }, "db.system")).toMatchObject(expected);
    expect(
      recordOf(system, { exception: { "exception.type": "Error", "exception.message": message } }),
    ).toMatchObject(expected);
  });
});

test("a number or a word in db.response.status_code or error.type counts, also one that could be a status of HTTP or of the DOM", () => {
  const codeOf = (system: string, attributes: Record<string, unknown>) =>
    recordOf(system, { attributes }).code;
  expect(codeOf("mysql", { "db.response.status_code": "1213" })).toBe("aborted");
  expect(codeOf("mysql", { "db.response.status_code": 1213 })).toBe("aborted");
  expect(codeOf("mongodb", { "error.type": "18" })).toBe("unauthenticated");
  expect(codeOf("mongodb", { "error.type": "50" })).toBe("deadline-exceeded");
  expect(codeOf("mongodb", { "db.response.status_code": "112" })).toBe("aborted");
  expect(codeOf("redis", { "error.type": "WRONGTYPE" })).toBe("failed-precondition");
  expect(codeOf("postgresql", { "db.response.status_code": "40P01" })).toBe("aborted");
  expect(
    recordOf("mongodb", { exception: { "exception.type": "20", "exception.message": "Cannot" } }),
  ).toMatchObject({
    code: "failed-precondition",
    errorType: "20",
  });
});

describe.each([
  ["microsoft.sql_server", "db.system.name"],
  ["mssql", "db.system"],
])("a number of SQL Server, %s", (system, name) => {
  test.each([
    ["1205", "aborted"],
    ["1222", "aborted"],
    ["2627", "already-exists"],
    ["2601", "already-exists"],
    ["547", "failed-precondition"],
    ["50000", "failed-precondition"],
    ["515", "invalid-argument"],
    ["2628", "invalid-argument"],
    ["18456", "unauthenticated"],
    ["229", "permission-denied"],
    ["230", "permission-denied"],
    ["4060", "unavailable"],
    ["40197", "unavailable"],
    ["40613", "unavailable"],
    ["40501", "resource-exhausted"],
    ["10928", "resource-exhausted"],
    ["10929", "resource-exhausted"],
    ["102", "internal"],
    ["207", "internal"],
    ["208", "internal"],
  ])("%s is %s", (number, code) => {
    const expected = { code, errorType: number, ended: "answered", peer: system };
    for (const attribute of ["db.response.status_code", "error.type"])
      for (const value of [number, Number(number)])
        expect(recordOf(system, { attributes: { [attribute]: value } }, name)).toMatchObject(expected);
  });

  test("-2 is the client's time limit, not an answer", () => {
    const attributes = { "db.response.status_code": "-2" };
    expect(recordOf(system, { attributes }, name)).toMatchObject({
      code: "deadline-exceeded",
      errorType: "-2",
      ended: "silent",
    });
  });

  test.each(["28000", "23505", "40020", "22001", "53300"])("%s is unknown, and no SQLSTATE", (number) => {
    for (const attribute of ["db.response.status_code", "error.type"])
      expect(recordOf(system, { attributes: { [attribute]: number } }, name).code).toBeUndefined();
  });
});

test.each([
  ["oracle.db", "28000"],
  ["oracle", "40442"],
  ["oracle.db", "ORA-02291"],
  ["mongodb", "40415"],
])("%s has no SQLSTATEs: %s is unknown", (system, number) => {
  for (const attribute of ["db.response.status_code", "error.type"])
    expect(recordOf(system, { attributes: { [attribute]: number } }).code).toBeUndefined();
});

test.each([
  ["oracle.db", "2291"],
  ["mariadb", "4057"],
  ["elasticsearch", "404"],
  ["other_sql", "42"],
  ["postgresql", "235051"],
])("a SQLSTATE has five characters: %s of %s is none", (system, number) => {
  expect(recordOf(system, { attributes: { "db.response.status_code": number } }).code).toBeUndefined();
});

test("a SQLSTATE counts also if the status beside it is none", () => {
  const attributes = { "db.response.status_code": "0", "error.type": "40P01" };
  expect(recordOf("postgresql", { attributes }).code).toBe("aborted");
});

test("a connection that the server closed is no call that its caller cancelled, whatever ioredis calls the error", () => {
  const record = recordOf("redis", {
    exception: {
      "exception.type": "AbortError",
      "exception.message": "Command aborted due to connection close",
    },
  });
  expect(record.code).toBe("unavailable");
  expect(record.cancelled).toBeUndefined();
});

test("texts of one store say nothing of another, and none of a call that is no store's", () => {
  expect(recordOf("postgresql", { message: "WRONGTYPE Operation" }).code).toBeUndefined();
  expect(recordOf("redis", { message: "Duplicate entry 'x'" }).code).toBeUndefined();
  expect(recordOf("mysql", { message: "Not a Duplicate entry 'x'" }).code).toBeUndefined();
});

test("every code of the tables is a code, found by name and by number", () => {
  for (const [system, table] of [
    ["mysql", MYSQL],
    ["redis", REDIS],
    ["mongodb", MONGODB],
    ["mssql", SQL_SERVER],
  ] as const) {
    for (const [name, { code, by }] of table) {
      expect(CODES[code]).toBeGreaterThan(0);
      expect(storeErrorOf({ system, types: [name], texts: [] })).toMatchObject({
        code,
        isAnswer: by === undefined,
      });
    }
  }
});

test("whatever stands behind the first words of an error, it stays the same", () => {
  const heads = ["Duplicate entry '", "ER_DUP_ENTRY: ", "(conn:5, no: 1062, SQLState: 23000) "];
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.string({ unit: "binary" }), (head, rest) => {
      expect(storeErrorOf({ system: "mysql", types: [], texts: [head + rest] })?.code).toBe("already-exists");
    }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...REDIS.keys()), fc.string({ unit: "binary" }), (word, rest) => {
      expect(storeErrorOf({ system: "redis", types: [], texts: [`${word} ${rest}`] })?.type).toBe(word);
    }),
  );
});

test("any text of any store is read without throwing, in time that does not grow with its length", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("mysql", "redis", "mongodb", "postgresql", "mssql", ""),
      fc.string({ unit: "binary", maxLength: 2_000 }),
      fc.array(fc.string()),
      (system, text, types) => {
        const error = storeErrorOf({ system, types, texts: [text, undefined] });
        expect(error === undefined || error.code in CODES).toBe(true);
      },
    ),
  );
  for (const head of [
    "Incorrect integer value: ",
    "Access denied for user '",
    "Transaction ",
    "connection ",
    "SELECT,",
  ]) {
    const long = head + "' ".repeat(500_000);
    const start = performance.now();
    storeErrorOf({ system: "mysql", types: [], texts: [long] });
    storeErrorOf({ system: "mongodb", types: [], texts: [long] });
    expect(performance.now() - start).toBeLessThan(100);
  }
});
