// Decides whether a cache may store a response and give it to others, by RFC 9111. In doubt it may.

/** Fields by name in lower case, each with its values as on the wire. */
type Fields = ReadonlyMap<string, readonly string[]>;

/** A directive with its argument: a token, or a quoted text that may contain commas. */
const DIRECTIVE = /([^\s,="]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"?|[^\s,]*))?/g;

/**
 * True if the response says that a shared or a private cache may reuse it without asking again: then somebody would get
 * the tree who did not ask for it. False if the response says nothing about it: caches then keep answers apart by `Vary`.
 *
 * @param now - milliseconds since the epoch
 */
export function isFresh(fields: Fields, now: number): boolean {
  for (const [name, values] of fields) {
    // RFC 9213: for some caches `CDN-Cache-Control` and similar fields override `Cache-Control`.
    const targeted = name.endsWith("-cache-control") || name === "surrogate-control";
    if (targeted && readControl(values) === "fresh") return true;
    // nginx takes seconds, or a time after an @; zero switches its cache off.
    if (name === "x-accel-expires" && values.some((value) => /[1-9]/.test(value))) return true;
  }
  const control = readControl(fields.get("cache-control") ?? []);
  return control === "silent" ? expiresLater(fields, now) : control === "fresh";
}

/** What `Cache-Control` says: the response may be reused, it may not, or nothing. */
function readControl(values: readonly string[]): "fresh" | "not fresh" | "silent" {
  let noStore = false;
  let noCache = false;
  let understood = false;
  let reusable = false;
  let aged = false;
  for (const value of values) {
    for (const [, directive = "", argument] of value.matchAll(DIRECTIVE)) {
      switch (directive.toLowerCase()) {
        case "no-store":
          noStore = true;
          break;
        case "no-cache":
          // With an argument the directive is about single fields only.
          if (argument === undefined) noCache = true;
          break;
        case "must-understand":
          understood = true;
          break;
        case "public":
        case "immutable":
          reusable = true;
          break;
        case "max-age":
          if (isNumber(argument)) aged = true;
          if (isPositive(argument)) reusable = true;
          break;
        case "s-maxage":
        case "stale-while-revalidate":
        case "stale-if-error":
          if (isPositive(argument)) reusable = true;
          break;
      }
    }
  }
  // A cache that knows the status ignores `no-store` if there is `must-understand` too.
  if (noCache || (noStore && !understood)) return "not fresh";
  if (reusable) return "fresh";
  // An age of zero overrides `Expires`.
  return aged ? "not fresh" : "silent";
}

function isNumber(argument: string | undefined): boolean {
  return argument !== undefined && /^"?\d/.test(argument);
}

function isPositive(argument: string | undefined): boolean {
  return argument !== undefined && /^"?\d*[1-9]/.test(argument);
}

/** True if `Expires` is later than the response's own date. A text that is not a date, such as `0`, is in the past. */
function expiresLater(fields: Fields, now: number): boolean {
  const date = Date.parse(fields.get("date")?.[0] ?? "");
  const since = Number.isNaN(date) ? now : date;
  return (fields.get("expires") ?? []).some((value) => Date.parse(value) > since);
}
