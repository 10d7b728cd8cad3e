// Says by the name of an attribute what its value is, as far as it makes a difference for redaction.

import { kindOfName, type NameRules, PARAMETER, TOKEN } from "../../redact/names.ts";
import { CAUSES } from "../../spans/causes.ts";

/**
 * - `secret`: the name says that the value is one; `token`: the same, but a number is a count
 * - `value`: what a program passed to a database or to a query
 * - `query`: the query of a URL without its question mark
 * - `statement`: a statement or command for a database
 * - `message`: what an error says; `stack`: its stack trace
 */
export type AttributeKind =
  | "secret"
  | "token"
  | "value"
  | "query"
  | "statement"
  | "message"
  | "stack"
  | "other";

/** Source: OpenTelemetry semantic conventions 1.37, and the names that they replaced. */
const KNOWN: ReadonlyMap<string, AttributeKind> = new Map<string, AttributeKind>([
  ["url.query", "query"],
  ["db.query.text", "statement"],
  ["db.statement", "statement"],
  ["exception.message", "message"],
  ["error.message", "message"],
  ["otel.status_description", "message"],
  ["message", "message"],
  ["error.object", "message"],
  [CAUSES, "message"],
  ["exception.stacktrace", "stack"],
  ["code.stacktrace", "stack"],
  ["stack", "stack"],
]);

const VALUES: readonly string[] = ["db.query.parameter.", "db.operation.parameter.", "graphql.variables."];

/** Short names that mean something else in an attribute: `error_tree.code`, `messaging.kafka.message.key`. */
const COMMON: ReadonlySet<string> = new Set(["key", "code"]);

const MOST_REMEMBERED = 1024;

/** The kinds of attributes, and of names that were seen before. */
export class AttributeKinds {
  readonly #known = new Map(KNOWN);
  readonly #rules: NameRules | undefined;

  constructor(rules?: NameRules) {
    this.#rules = rules;
  }

  of(name: string): AttributeKind {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const kind = kindByForm(name, this.#rules);
    // Programs make up names as they go.
    if (this.#known.size < MOST_REMEMBERED) this.#known.set(name, kind);
    return kind;
  }
}

function kindByForm(name: string, rules: NameRules | undefined): AttributeKind {
  if (VALUES.some((prefix) => name.startsWith(prefix))) return "value";
  const whole = secretKind(name, rules);
  if (whole !== undefined && whole !== PARAMETER) return isCounted(whole) ? "token" : "secret";
  const last = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const own = secretKind(last, rules);
  if (own === undefined || (own === PARAMETER && COMMON.has(last))) return "other";
  return isCounted(own) ? "token" : "secret";
}

function isCounted(kind: number): boolean {
  return kind === TOKEN || kind === PARAMETER;
}

function secretKind(name: string, rules: NameRules | undefined): number | undefined {
  return kindOfName(name, 0, name.length, rules) || undefined;
}
