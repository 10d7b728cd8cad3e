// Reads which error a data store or its client reported, by the codes and texts that a span holds.
import { type Code, codeFromErrorType } from "./code.ts";
import { SQL_SERVER } from "./sql-server-errors.ts";
import {
  type Known,
  MONGODB,
  MONGODB_TEXTS,
  MYSQL,
  MYSQL_TEXTS,
  REDIS,
  REDIS_TEXTS,
  type TextRow,
} from "./store-error-tables.ts";

/** What a data store or its client said. */
export interface StoreError {
  /** The error's name or number as clients know it; absent if it has none. */
  readonly type?: string;
  readonly code: Code;
  /** The store itself answered with it. */
  readonly isAnswer: boolean;
}

/** What the span of a call to a data store holds. */
export interface StoreSays {
  /** `db.system.name` or its older name. */
  readonly system: string;
  /** `db.response.status_code`, then `error.type` and the type of the exception. */
  readonly types: readonly string[];
  /** Status description and message of the exception. */
  readonly texts: readonly (string | undefined)[];
}

interface Dialect {
  /** By the names and numbers in attributes and texts. */
  readonly known: ReadonlyMap<string, Known>;
  /** A name or number at the beginning of a message; absent if messages have none. */
  readonly prefix?: RegExp;
  /** Texts that have no name or number. */
  readonly texts: readonly TextRow[];
}

const MONGODB_SYSTEMS = /mongo|documentdb|ferretdb|cosmos/i;
const SQL_SERVER_SYSTEMS = /mssql|sql[ _-]?server/i;
const ORACLE_SYSTEMS = /^oracle/i;
const REDIS_SYSTEMS = /redis|valkey|keydb|dragonfly/i;

/** As `mysql` writes `ER_DUP_ENTRY: …`, and `mariadb` `(conn:5, no: 1062, SQLState: 23000) …`. */
const DIALECTS: readonly (readonly [system: RegExp, dialect: Dialect])[] = [
  [
    /mysql|mariadb|tidb|singlestore|vitess/i,
    {
      known: MYSQL,
      prefix: /^(?:(ER_[A-Z0-9_]{2,60}): |\(conn[:=] ?-?\d{1,10}, no: (\d{4,5}),)/,
      texts: MYSQL_TEXTS,
    },
  ],
  [REDIS_SYSTEMS, { known: REDIS, prefix: /^-?([A-Z]{3,20})(?: |$)/, texts: REDIS_TEXTS }],
  [MONGODB_SYSTEMS, { known: MONGODB, prefix: /^(?:[A-Za-z ]{0,40}: )?E(\d{4,5}) /, texts: MONGODB_TEXTS }],
  [SQL_SERVER_SYSTEMS, { known: SQL_SERVER, texts: [] }],
];

/** Numbers of these stores may have five digits. */
const WITHOUT_SQLSTATES: readonly RegExp[] = [MONGODB_SYSTEMS, SQL_SERVER_SYSTEMS, ORACLE_SYSTEMS];

/** False if a store has numbers of its own that could be mistaken for SQLSTATEs. */
export function hasSqlStates(system: string): boolean {
  return !WITHOUT_SQLSTATES.some((systems) => systems.test(system));
}

/** What clients of SQL say themselves: pg, pg-pool, knex, generic-pool. */
const CLIENT_TEXTS: readonly TextRow[] = [
  [
    /^(?:timeout e(?:xceeded when trying to connect|xpired)|Query read timeout|Connection terminated due to connection timeout|(?:Knex: )?Timeout acquiring a connection|ResourceRequest timed out)/,
    "deadline-exceeded",
  ],
  [
    /^(?:Connection terminated|Client has encountered a connection error|Client was closed|Cannot use a pool after|The server does not support SSL)/,
    "unavailable",
  ],
  [/^SASL: /, "unauthenticated"],
];

/** As Node.js writes errors of the network: `connect ECONNREFUSED 127.0.0.1:5432`. */
const NETWORK = /(?:^|: )(?:connect|read|write|getaddrinfo|send|recv|bind|queryA{1,4}) (E[A-Z_]{3,15})\b/;

/** Texts are read up to this length. */
const MOST_CHARS = 512;

/**
 * The error of a call to a data store: its own, if the store has codes or texts that are known, else that of its client or of
 * the network. `undefined` if it is not known: SQLSTATEs are read elsewhere.
 */
export function storeErrorOf({ system, types, texts }: StoreSays): StoreError | undefined {
  const dialect = DIALECTS.find(([systems]) => systems.test(system))?.[1];
  if (dialect !== undefined) {
    for (const type of types) {
      const error = named(dialect, type);
      if (error !== undefined) return error;
    }
  }
  for (const text of texts) {
    if (text === undefined) continue;
    const read = text.slice(0, MOST_CHARS);
    const error = (dialect && told(dialect, read)) ?? matched(CLIENT_TEXTS, read) ?? networkErrorIn(read);
    if (error !== undefined) return error;
  }
  return undefined;
}

/**
 * True if a client of Redis could not tell the server its name and version. Clients do so on every connection (`CLIENT SETINFO`), also
 * with servers before 7.2, which do not know it, and go on if it fails.
 */
export function isUnheardName({ system, texts }: Pick<StoreSays, "system" | "texts">): boolean {
  return (
    REDIS_SYSTEMS.test(system) &&
    texts.some((text) => text !== undefined && /setinfo/i.test(text.slice(0, MOST_CHARS)))
  );
}

/** The error of the network that a text names; `undefined` if it names none. */
function networkErrorIn(text: string): StoreError | undefined {
  const type = NETWORK.exec(text)?.[1];
  const code = type === undefined ? undefined : codeFromErrorType(type);
  return type === undefined || code === undefined ? undefined : { type, code, isAnswer: false };
}

function named({ known }: Dialect, name: string): StoreError | undefined {
  const found = known.get(name);
  return found === undefined ? undefined : errorOf(found);
}

function errorOf({ type, code, by }: Known): StoreError {
  return { type, code, isAnswer: by === undefined };
}

function told({ known, prefix, texts }: Dialect, text: string): StoreError | undefined {
  const [, name, number] = prefix?.exec(text) ?? [];
  const found = known.get(name ?? number ?? "");
  return found === undefined ? matched(texts, text) : errorOf(found);
}

function matched(rows: readonly TextRow[], text: string): StoreError | undefined {
  for (const [pattern, code, type, by] of rows) {
    if (!pattern.test(text)) continue;
    return type === undefined ? { code, isAnswer: false } : { type, code, isAnswer: by === undefined };
  }
  return undefined;
}
