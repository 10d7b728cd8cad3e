// Reads from the span of a call whom it talked to and what it did there.
import { textOf } from "./exception.ts";
import { Hash64 } from "./hash.ts";
import { statusNumber } from "./response-status.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** Attributes that are read here. */
export const CALL_ATTRIBUTES: readonly string[] = [
  "db.namespace",
  "db.operation",
  "db.operation.name",
  "db.query.text",
  "db.statement",
  "http.method",
  "http.request.method",
  "http.request.resend_count",
  "http.resend_count",
  "http.target",
  "http.url",
  "messaging.destination",
  "messaging.destination.name",
  "net.peer.name",
  "net.peer.port",
  "server.address",
  "server.port",
  "url.full",
  "url.path",
];

/** Where a call went. Everything in lower case. */
export interface Address {
  readonly host: string;
  readonly port?: number;
  /** Path of a URL without its query; absent if it is not known. */
  readonly path?: string;
}

/**
 * What a call did:
 *
 * - `acts`: anything else
 * - `connects`: opens a connection, or waits for one: no step of the program
 * - `undoes`: only undoes or releases what was done before
 */
type Effect = "acts" | "connects" | "undoes";

/** How a call shows that it may undo something: by a method or statement that deletes, or by a word such as "refund". */
export type TakingBack = "delete" | "word";

/** What is known of a call. */
export interface CallFacts {
  readonly effect: Effect;
  /** After a fault it undoes or sets aside what was done before: a refund, a delete, a dead-letter queue. */
  readonly takesBack?: TakingBack;
  readonly address?: Address;
  /** Equal for calls of one operation at one place; absent if the place is not known. */
  readonly target?: string;
  /** The instrumentation says that this call sends a request again. */
  readonly resend?: true;
}

/** Texts are read up to this length. */
const MOST_CHARS = 1024;

/** Reads a call's attributes. */
export function callFacts(name: string, attributes: Attributes): CallFacts {
  const method = textOf(attributes["http.request.method"]) ?? textOf(attributes["http.method"]);
  const statement = textOf(attributes["db.query.text"]) ?? textOf(attributes["db.statement"]);
  const system = textOf(attributes["db.system.name"]) ?? textOf(attributes["db.system"]);
  const destination =
    textOf(attributes["messaging.destination.name"]) ?? textOf(attributes["messaging.destination"]);
  const address = addressOf(attributes);
  const verb = (method ?? statementVerb(name, statement, attributes)).toUpperCase();
  const effect = effectOf(name, system === undefined ? undefined : verb, statement);
  const takesBack = isReading(verb)
    ? undefined
    : takingBack(verb, [name, address?.path, destination].join(" "));
  const target = targetOf(
    system === undefined ? [method ?? name, destination] : [system, name, statement?.slice(0, 256)],
    address,
    system !== undefined || destination !== undefined,
  );
  const resends = attributes["http.request.resend_count"] ?? attributes["http.resend_count"];
  return {
    effect,
    ...(takesBack === undefined ? undefined : { takesBack }),
    ...(address === undefined ? undefined : { address }),
    ...(target === undefined ? undefined : { target }),
    ...((statusNumber(resends) ?? 0) > 0 ? { resend: true as const } : undefined),
  };
}

/** Whether the name of an operation shows that it undoes something, as `DELETE /holds/:id`. */
export function takingBackOf(operation: string): TakingBack | undefined {
  const verb = firstWord(operation).toUpperCase();
  return isReading(verb) ? undefined : takingBack(verb, operation);
}

function takingBack(verb: string, texts: string): TakingBack | undefined {
  if (hasWordOfTakingBack(texts.slice(0, MOST_CHARS))) return "word";
  return verb === "DELETE" ? "delete" : undefined;
}

const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "SELECT"]);

/** An operation that only reads undoes nothing, whatever its path is: `GET /refunds`. */
function isReading(verb: string): boolean {
  return READING.has(verb);
}

const WORDS_OF_TAKING_BACK =
  /(?<![a-z])(?:cancel(?:s|led|ed|ling|lation|lations)?|refund(?:s|ed)?|void(?:s|ed)?|release|reverts?|revers(?:e|al|als)|compensat(?:e|es|ion|ions)|undo|unlocks?|rollbacks?|dlq|dlx|dead[\s._-]?letters?|dead[\s._-]?letter[\s._-]?queue)(?![a-z])/i;

/** True if a text has one of the words as a whole, also within `camelCase`. */
function hasWordOfTakingBack(text: string): boolean {
  return WORDS_OF_TAKING_BACK.test(text.replace(/([a-z])([A-Z])/g, "$1 $2"));
}

const UNDOING: ReadonlySet<string> = new Set([
  "ROLLBACK",
  "ABORT",
  "RELEASE",
  "DISCARD",
  "DEALLOCATE",
  "CLOSE",
  "UNLOCK",
  "DEL",
  "UNLINK",
]);

/** Spans of pools, names and connections, as the instrumentations of pg, mysql, redis, dns and net call them. */
const CONNECTING =
  /^(?:pg-pool|generic-pool|tarn|dns|tcp|tls|ipc|net)[.:]|^(?:[\w-]+[.:-])?connect(?:ion)?$/i;

/** True for a span that opens a connection, or waits for one, by its name. */
export function isConnecting(name: string): boolean {
  return CONNECTING.test(name);
}

function effectOf(name: string, verb: string | undefined, statement: string | undefined): Effect {
  if (isConnecting(name)) return "connects";
  if (verb === undefined) return "acts";
  // PostgreSQL releases its advisory locks by a function.
  if (UNDOING.has(verb) || /advisory_unlock/i.test((statement ?? name).slice(0, MOST_CHARS))) {
    return "undoes";
  }
  return "acts";
}

/** The first word of a statement; without one, of the span's name after the prefix of its instrumentation. */
function statementVerb(name: string, statement: string | undefined, attributes: Attributes): string {
  const said = textOf(attributes["db.operation.name"]) ?? textOf(attributes["db.operation"]) ?? statement;
  return firstWord(
    said ?? name.replace(/^(?:[a-z][\w.-]*:|(?:redis|ioredis|mongodb|mysql2?|pg)[.-])\s*/i, ""),
  );
}

/** The first word of a statement after any comments and brackets. */
function firstWord(text: string): string {
  const start = text.slice(0, MOST_CHARS).replace(/^(?:\s|\(|--[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)+/, "");
  return /^[a-z]+/i.exec(start)?.[0] ?? "";
}

function targetOf(
  what: readonly (string | undefined)[],
  address: Address | undefined,
  isPlace: boolean,
): string | undefined {
  if (address === undefined && !isPlace) return undefined;
  const hash = new Hash64();
  // The statement's text is not kept in the record, because it may contain secrets.
  for (const part of [...what, address?.host, address?.port, address?.path]) hash.text(`${part ?? ""}`);
  return hash.hex();
}

const URL_PARTS = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\s]*@)?(\[[^\]\s]*\]|[^/:?#\s]+)(?::(\d{1,5}))?([^?#\s]*)/;

function addressOf(attributes: Attributes): Address | undefined {
  const url = textOf(attributes["url.full"]) ?? textOf(attributes["http.url"]);
  const [, urlHost, urlPort, urlPath] =
    (url === undefined ? undefined : URL_PARTS.exec(url.slice(0, MOST_CHARS).toLowerCase())) ?? [];
  const host = textOf(attributes["server.address"]) ?? textOf(attributes["net.peer.name"]) ?? urlHost;
  if (host === undefined) return undefined;
  const known = attributes["server.port"] ?? attributes["net.peer.port"] ?? urlPort;
  const port = typeof known === "string" ? Number(known) : known;
  const given = textOf(attributes["url.path"]) ?? textOf(attributes["http.target"]);
  const path =
    urlPath ?? (given === undefined ? undefined : pathOf(given.slice(0, MOST_CHARS).toLowerCase()));
  return {
    host: bareHost(host),
    ...(typeof port === "number" && Number.isInteger(port) ? { port } : undefined),
    ...(path === undefined ? undefined : { path: barePath(path) }),
  };
}

/** The path in front of a query or a fragment. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

/** A host without the brackets of IPv6 and the dot at its end. */
export function bareHost(host: string): string {
  let bare = host.slice(0, 255).toLowerCase();
  if (bare.startsWith("[")) bare = bare.slice(1);
  if (bare.endsWith("]")) bare = bare.slice(0, -1);
  return bare.endsWith(".") ? bare.slice(0, -1) : bare;
}

/** A path without the slash at its end. */
export function barePath(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
