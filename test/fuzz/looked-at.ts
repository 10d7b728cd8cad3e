// Counts the characters that a reader looks at, by the functions of the language through which it has to.

/** A reader of text may look at each character so many times, whatever it says. */
export const MOST_LOOKS_PER_CHARACTER = 6;
/** And at so many beside: names and prefixes that it compares with. */
export const MOST_OTHER_LOOKS = 256;

let looks = 0;

type Method = (this: string, ...args: never[]) => unknown;

/** What a call of a method of a text looks at, at most. */
const COSTS: Readonly<Record<string, (text: string, args: readonly unknown[], result: unknown) => number>> = {
  charCodeAt: () => 1,
  charAt: () => 1,
  codePointAt: () => 1,
  at: () => 1,
  startsWith: (_, [start]) => String(start).length,
  endsWith: (_, [end]) => String(end).length,
  slice: (_text, _args, result) => String(result).length,
  substring: (_text, _args, result) => String(result).length,
  indexOf: (text, [, from], result) =>
    (result === -1 ? text.length : Number(result) + 1) - (Number(from) || 0),
  includes: (text) => text.length,
  split: (text) => text.length,
  trim: (text) => text.length,
  replace: (text) => text.length,
  replaceAll: (text) => text.length,
  toLowerCase: (text) => text.length,
};

/** Runs something, and counts the characters that it looks at. */
export function countLooks<Result>(run: () => Result): { readonly result: Result; readonly looks: number } {
  const undo = listen();
  looks = 0;
  try {
    const result = run();
    return { result, looks };
  } finally {
    undo();
  }
}

/** Stands before every function that reads a text, until the returned function is called. */
function listen(): () => void {
  const texts = String.prototype as unknown as Record<string, Method>;
  const before = Object.keys(COSTS).map((name) => [name, texts[name] as Method] as const);
  for (const [name, method] of before) {
    const cost = COSTS[name] as (typeof COSTS)[string];
    texts[name] = function (this: string, ...args: never[]): unknown {
      const result = method.apply(this, args);
      looks += cost(this, args, result);
      return result;
    };
  }
  const { exec } = RegExp.prototype;
  RegExp.prototype.exec = function (text: string): RegExpExecArray | null {
    looks += text.length;
    return exec.call(this, text);
  };
  const { parse } = JSON;
  JSON.parse = (text: string, ...rest: []): unknown => {
    looks += text.length;
    return parse(text, ...rest);
  };
  // Whoever formats the stack of an error, as a test runner does, reads texts that are not the input.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
    for (const [name, method] of before) texts[name] = method;
    RegExp.prototype.exec = exec;
    JSON.parse = parse;
  };
}
