// Counts the characters that a function looks at, whatever it is: all ways of reading a text go by way of its prototype.

type Method = (this: unknown, ...args: never[]) => unknown;

/** What each of the methods reads, of `text`, with these arguments and this result. */
const READS: Readonly<Record<string, (text: string, args: readonly unknown[], result: unknown) => number>> = {
  at: () => 1,
  charAt: () => 1,
  charCodeAt: () => 1,
  codePointAt: () => 2,
  slice: (_, __, result) => String(result).length,
  substring: (_, __, result) => String(result).length,
  startsWith: (text, [start]) => Math.min(text.length, String(start).length),
  endsWith: (text, [end]) => Math.min(text.length, String(end).length),
  // What it passes over, and itself.
  indexOf: (text, [part, from = 0], result) => span(text, Number(from), result) + String(part).length,
  includes: (text, [part, from = 0]) =>
    span(text, Number(from), indexOf(text, part, from)) + String(part).length,
  lastIndexOf: (text, [part], result) => text.length - Math.max(0, Number(result)) + String(part).length,
  toLowerCase: (text) => text.length,
  toUpperCase: (text) => text.length,
  trimEnd: (text) => text.length,
  trim: (text) => text.length,
};

const indexOf = (text: string, part: unknown, from: unknown): unknown =>
  Reflect.apply(ORIGINALS.indexOf as Method, text, [part, from] as never);

function span(text: string, from: number, found: unknown): number {
  return (Number(found) < 0 ? text.length : Number(found)) - Math.min(from, text.length);
}

const ORIGINALS: Readonly<Record<string, Method>> = Object.fromEntries(
  Object.keys(READS).map((name) => [name, methodOf(name)]),
);

/**
 * The work of a regular expression is not to be seen from outside: it may read a text as often as it likes. Either it is
 * refused, or it counts as one reading of the text; of what it matches and one character, if it may match at one place only.
 */
const PATTERNS: readonly (readonly [object, PropertyKey])[] = [
  ...["exec", "compile"].map((name) => [RegExp.prototype, name] as const),
  ...[
    "match",
    "matchAll",
    "replace",
    "replaceAll",
    "search",
    "split",
    "substr",
    "normalize",
    "localeCompare",
  ].map((name) => [String.prototype, name] as const),
  [String.prototype, Symbol.iterator],
  [JSON, "parse"],
];
/** These read by way of `exec`. */
const BY_EXEC: readonly (readonly [object, PropertyKey])[] = [
  "test",
  Symbol.match,
  Symbol.matchAll,
  Symbol.replace,
  Symbol.search,
  Symbol.split,
].map((name) => [RegExp.prototype, name] as const);

let active: "refused" | "counted" | undefined;
let looks = 0;

/** Once for the process: whatever is replaced again and again is never compiled. */
function install(): void {
  const replace = (owner: object, name: PropertyKey, method: Method): void => {
    Object.defineProperty(owner, name, { value: method, configurable: true, writable: true });
  };
  for (const name of ["charCodeAt", "charAt"]) {
    const original = ORIGINALS[name] as Method;
    replace(String.prototype, name, function (this: unknown, place: never) {
      looks++;
      return original.call(this, place);
    });
  }
  for (const [name, reads] of Object.entries(READS)) {
    if (name === "charCodeAt" || name === "charAt") continue;
    const original = ORIGINALS[name] as Method;
    replace(String.prototype, name, function (this: unknown, ...args: never[]) {
      const result = Reflect.apply(original, this, args);
      if (active !== undefined) looks += reads(this as string, args, result);
      return result;
    });
  }
  for (const [owner, name] of [...PATTERNS, ...BY_EXEC]) {
    const original = Object.getOwnPropertyDescriptor(owner, name)?.value as Method | undefined;
    const isByExec = BY_EXEC.some((one) => one[0] === owner && one[1] === name);
    if (original === undefined) continue;
    replace(owner, name, function (this: unknown, ...args: never[]) {
      if (active === "refused" && owner !== JSON)
        throw new Error(`${String(name)} reads a text in a way that cannot be counted`);
      if (active !== "counted" || isByExec) return Reflect.apply(original, this, args);
      const read = String(owner === String.prototype ? this : args[0]).length;
      const { sticky = false, lastIndex = 0 } = this as Partial<RegExp>;
      const result: unknown = Reflect.apply(original, this, args);
      if (!sticky) looks += read;
      else looks += result === null ? read - lastIndex : (this as RegExp).lastIndex - lastIndex + 1;
      return result;
    });
  }
}

let installed = false;

/**
 * The result of `run`, and the number of characters that it looked at. From the first call on every reading of a text in
 * this process is slow.
 *
 * @throws Error if it reads a text in a way that cannot be counted, by a regular expression above all, unless one reading of
 * the text is to be counted for that
 */
export function lookedAt<T>(
  run: () => T,
  patterns: "refused" | "counted" = "refused",
): { readonly result: T; readonly looks: number } {
  if (!installed) install();
  installed = true;
  // Whoever formats the stack of an error, as a test runner does, reads texts that are not the input.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  looks = 0;
  active = patterns;
  try {
    const result = run();
    return { result, looks };
  } finally {
    active = undefined;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function methodOf(name: string): Method {
  return Object.getOwnPropertyDescriptor(String.prototype, name)?.value as Method;
}
/**
 * The redactor looks at fewer characters than this for each character of a text: a dozen readers, most of them once, in
 * five rounds at most; what is taken out may be shorter than the mark that stands for it.
 */
export const MOST_LOOKS = 256;
/** A reader of a header may look at each character so many times, whatever it says. */
export const MOST_LOOKS_PER_CHARACTER = 6;
/** And at so many beside: names and prefixes that it compares with. */
export const MOST_OTHER_LOOKS = 256;
