// Whether a cache may keep a response and give it to others: RFC 9111, and what is in doubt counts as "it may".

/** Fields by name in lower case, each with its values as they stand on the wire. */
type Fields = ReadonlyMap<string, readonly string[]>;

/** A directive with its argument, as a token or in quotes, which may hold commas. */
const DIRECTIVE = /([^\s,="]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"?|[^\s,]*))?/g;

/**
 * True where the response says by itself that it may be reused without asking again, by a shared or a private cache:
 * whoever gets it then has not asked for the tree in it. A response that says nothing is not meant: caches keep that
 * apart by `Vary`.
 *
 * @param now - milliseconds since the epoch
 */
export function isFresh(fields: Fields, now: number): boolean {
  for (const [name, values] of fields) {
    // RFC 9213: `CDN-Cache-Control` and its like bind some caches whatever `Cache-Control` says.
    const targeted = name.endsWith("-cache-control") || name === "surrogate-control";
    if (targeted && readControl(values) === "fresh") return true;
    // nginx takes seconds, or a time behind an @; zero switches its cache off.
    if (name === "x-accel-expires" && values.some((value) => /[1-9]/.test(value))) return true;
  }
  const control = readControl(fields.get("cache-control") ?? []);
  return control === "silent" ? expiresLater(fields, now) : control === "fresh";
}

/** What `Cache-Control` says: to reuse, not to reuse, or nothing about it. */
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
          // With an argument it speaks of single fields.
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
  // A cache that understands the status ignores `no-store` beside `must-understand`.
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

/** `Expires` later than the response's own date; a text that is no date, as `0`, lies in the past. */
function expiresLater(fields: Fields, now: number): boolean {
  const date = Date.parse(fields.get("date")?.[0] ?? "");
  const since = Number.isNaN(date) ? now : date;
  return (fields.get("expires") ?? []).some((value) => Date.parse(value) > since);
}
