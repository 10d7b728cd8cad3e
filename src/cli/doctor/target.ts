// What the command line says about requests, made into what is sent.
import { METHODS, validateHeaderName, validateHeaderValue } from "node:http";
import { HEADER_NAME } from "../../codec/header.ts";
import { InputError } from "../input/read-input.ts";
import type { Target } from "./exchange.ts";

/** Fields by which the doctor tells its own requests apart. */
const OWN_FIELDS = new Set([HEADER_NAME, "traceparent"]);

/**
 * A URL as people write it: `localhost:8080/orders` is `http://localhost:8080/orders`.
 *
 * @throws InputError where it is none, or not of HTTP
 */
export function readUrl(text: string): URL {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new InputError(`expected a URL such as http://localhost:8080/orders, got ${JSON.stringify(text)}`);
}

/** The URL without user and password. */
export function shownUrl({ protocol, host, pathname, search }: URL): string {
  return `${protocol}//${host}${pathname}${search}`;
}

/** @throws InputError where it is none that node knows */
export function readMethod(text: string): string {
  const method = text.toUpperCase();
  if (METHODS.includes(method)) return method;
  throw new InputError(`expected a method such as GET, got ${JSON.stringify(text)}`);
}

/**
 * Fields given as `Name: value`; errors tell no value, which may be a credential.
 *
 * @throws InputError where one is none, or is the doctor's own
 */
export function readFields(texts: readonly string[]): Target["fields"] {
  const fields: Record<string, string> = {};
  for (const [i, text] of texts.entries()) {
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = text.slice(colon + 1).trim();
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new InputError(`expected "Name: value" as ${i + 1}. --header, got something else`);
    }
    if (OWN_FIELDS.has(name)) throw new InputError(`the field ${name} is the doctor's own: leave it out`);
    fields[name] = value;
  }
  return fields;
}
