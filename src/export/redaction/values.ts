// Redacts the values of attributes, each by its own text and by the name of the attribute.
import type { Attributes } from "@opentelemetry/api";
import { withoutLiterals } from "../../redact/literals.ts";
import { REDACTED } from "../../redact/redacted.ts";
import type { Rules } from "../../redact/rules.ts";
import { stackOf, stackParts } from "../../tree/redact-error.ts";
import type { Messages } from "../../tree/redact-node.ts";
import type { AttributeKind } from "./attribute-kind.ts";
import type { Texts } from "./texts.ts";

/** What spans may say. */
export interface SaidBySpans {
  /** False: no span has the message of an error; `"template"`: of a message its template. */
  readonly messages: Messages;
  /** False: no span has a stack trace. */
  readonly frames: boolean;
  /** Rules of the service. */
  readonly rules?: Rules | undefined;
}

/** Values nested deeper than this are not read. */
const DEEPEST = 8;
/** From here on a number may be that of a card, or hold a date of birth. */
const LONG_NUMBER = 1e12;
/** Databases of which a statement is SQL, by `db.system.name` or `db.system`; of others it may be anything. */
const SQL =
  /sql|maria|oracle|cassandra|cockroach|db2|^h2|derby|firebird|clickhouse|snowflake|redshift|trino|presto|hive|spark|teradata|spanner|vertica|hana/;
/** Databases of which a text in double quotes is a value. */
const QUOTED_VALUES = /mysql|maria|clickhouse|spanner|bigquery|hive|spark/;

/** Longest statement, and name of a database, that is read, in UTF-16 units. */
const LONGEST_STATEMENT = 8192;
const LONGEST_NAME = 64;

/** Redacts the values of one request's spans. */
export class Values {
  readonly #texts: Texts;
  readonly #said: SaidBySpans;

  constructor(texts: Texts, said: SaidBySpans) {
    this.#texts = texts;
    this.#said = said;
  }

  /** The attributes without what must not leave the process: a new object. */
  attributes(attributes: Attributes): Attributes {
    const redacted: Record<string, unknown> = {};
    for (const name in attributes) {
      const value = this.#value(name, attributes[name], attributes);
      if (value !== undefined) redacted[this.#texts.redact(name)] = value;
    }
    return redacted as Attributes;
  }

  /** What an error says; `undefined` if nothing may be said. */
  message(text: string | undefined): string | undefined {
    const { messages } = this.#said;
    if (text === undefined || messages === false) return undefined;
    return messages === "template" ? this.#texts.template(text) : this.#texts.redact(text);
  }

  /** Several messages, as the causes of an error. */
  #messages(list: readonly unknown[]): unknown[] | undefined {
    if (this.#said.messages === false) return undefined;
    return list.map((value) => (typeof value === "string" ? this.message(value) : REDACTED));
  }

  #value(name: string, value: unknown, beside: Attributes): unknown {
    const kind = this.#texts.kindOf(name);
    if (kind === "other") return this.#any(value, 0);
    if (kind === "message" && Array.isArray(value)) return this.#messages(value);
    if (typeof value !== "string") return this.#known(kind, value);
    switch (kind) {
      case "secret":
      case "token":
      case "value":
        return value === "" ? value : REDACTED;
      case "query":
        return this.#texts.redact(`?${value}`).slice(1);
      case "statement":
        return this.#statement(value, String(beside["db.system.name"] ?? beside["db.system"] ?? ""));
      case "message":
        return this.message(value);
      case "stack":
        return this.#said.frames ? this.#stack(value) : undefined;
      default:
        return kind satisfies never;
    }
  }

  /** A value that is no text, although the name of the attribute says what it is. */
  #known(kind: AttributeKind, value: unknown): unknown {
    if (typeof value === "boolean" || value === null || value === undefined) return value;
    if (kind === "token" && typeof value === "number") return value;
    return REDACTED;
  }

  #any(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.#texts.redact(value);
    if (typeof value === "number" || typeof value === "bigint") return this.#number(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth === DEEPEST || ArrayBuffer.isView(value)) return REDACTED;
    return Array.isArray(value) ? this.#list(value, depth) : this.#map(value, depth);
  }

  #number(value: number | bigint): unknown {
    if (typeof value === "number" && Math.abs(value) < LONG_NUMBER) return value;
    const text = String(value);
    const redacted = this.#texts.redact(text);
    return redacted === text ? value : redacted;
  }

  /** A list. If it is a command line, the word behind `--password` is one. */
  #list(list: readonly unknown[], depth: number): unknown[] {
    return list.map((value, place) => {
      const before: unknown = list[place - 1];
      const isNamed = typeof before === "string" && before.startsWith("-");
      if (isNamed && this.#texts.kindOf(before.replace(/^-+/, "")) === "secret") return REDACTED;
      return this.#any(value, depth + 1);
    });
  }

  #map(map: object, depth: number): Record<string, unknown> {
    const redacted: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(map)) {
      const kind = this.#texts.kindOf(name);
      const known = kind === "secret" || kind === "token" || kind === "value";
      const told = known ? this.#value(name, value, {}) : this.#any(value, depth + 1);
      redacted[this.#texts.redact(name)] = told;
    }
    return redacted;
  }

  /** A statement without literals; of what is no SQL only the command. */
  #statement(text: string, system: string): string {
    const name = system.slice(0, LONGEST_NAME).toLowerCase();
    if (SQL.test(name)) {
      const statement = text.slice(0, LONGEST_STATEMENT);
      return this.#texts.redact(withoutLiterals(statement, QUOTED_VALUES.test(name)));
    }
    const [command = ""] = /^[A-Za-z]{1,32}(?=\s|$)/.exec(text) ?? [];
    if (command.length === text.length) return text;
    return command === "" ? REDACTED : `${command} ${REDACTED}`;
  }

  #stack(stack: string): string {
    const { name, message, frames } = stackParts(stack);
    const told = this.message(message === "" ? undefined : message);
    const title = this.#texts.redact(name) + (told === undefined ? "" : `: ${told}`);
    return stackOf(
      title,
      frames.map((frame) => this.#texts.redact(frame)),
    );
  }
}
