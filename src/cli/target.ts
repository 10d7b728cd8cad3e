// Reads URLs, ids of traces and fields of requests from the command line.
import { validateHeaderName, validateHeaderValue } from "node:http";
import { InputError } from "./input/input-error.ts";

/**
 * A URL as people write it: `localhost:8080/orders` is `http://localhost:8080/orders`.
 *
 * @param example - a valid URL, for the error message
 * @throws InputError if it is not a URL, or not one of HTTP
 */
export function readUrl(text: string, example: string): URL {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  // Text before an @ may be a password, even if a slash in it ends the authority.
  const shown = text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, "$1…@");
  throw new InputError(`expected a URL such as ${example}, got ${JSON.stringify(shown)}`);
}

/** The URL without user and password. */
export function shownUrl({ protocol, host, pathname, search }: URL): string {
  return `${protocol}//${host}${pathname}${search}`;
}

/**
 * Fields given as `Name: value`, with names in lower case. Errors show no value, because it may be a credential.
 *
 * @throws InputError if a field is not valid
 */
export function readFields(texts: readonly string[]): Record<string, string> {
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
    fields[name] = value;
  }
  return fields;
}

/**
 * A trace id.
 *
 * @throws InputError if it is none
 */
export function readTraceId(text: string): string {
  const id = text.trim().toLowerCase();
  if (/^[0-9a-f]{1,32}$/.test(id)) return id;
  throw new InputError(`expected a trace id of 32 hex digits, got ${JSON.stringify(text)}`);
}
