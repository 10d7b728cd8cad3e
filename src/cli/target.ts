// What the command line says of a server, made into what is sent there.
import { validateHeaderName, validateHeaderValue } from "node:http";
import { InputError } from "./input/read-input.ts";

/**
 * A URL as people write it: `localhost:8080/orders` is `http://localhost:8080/orders`.
 *
 * @param example - one that would do, for the error
 * @throws InputError where it is none, or not of HTTP
 */
export function readUrl(text: string, example: string): URL {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  // What stands before an @ may be a password, wherever a slash in it ends what was meant for one.
  const shown = text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, "$1…@");
  throw new InputError(`expected a URL such as ${example}, got ${JSON.stringify(shown)}`);
}

/** The URL without user and password. */
export function shownUrl({ protocol, host, pathname, search }: URL): string {
  return `${protocol}//${host}${pathname}${search}`;
}

/**
 * Fields given as `Name: value`, names in lower case; errors tell no value, which may be a credential.
 *
 * @throws InputError where one is none
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
