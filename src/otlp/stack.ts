// Reads the innermost error out of a stack trace of Java, .NET, Python, or Ruby.

/** An error that another one wraps. */
export interface InnermostError {
  readonly type: string;
  /** Empty if it has none. */
  readonly message: string;
}

const LONGEST_STACK = 65_536;
/** A type, and what it says. */
const ERROR = /^([A-Za-z_$][\w$.:]*)(?: \([\dx]+\))?(?::\s*(.*))?$/;

/** Between two errors of a chain in Python: the one above is the cause of the one below. */
const PYTHON_CHAIN =
  /\n\n(?:The above exception was the direct cause of|During handling of the above exception, another exception occurred)/;

/** The innermost error that led to this one; `undefined` if the text has one error alone, or none. */
export function causeOf(stack: string): InnermostError | undefined {
  const text = stack.slice(0, LONGEST_STACK);
  return javaCause(text) ?? dotnetCause(text) ?? pythonCause(text);
}

/** `Caused by: type: message`, the innermost one last; those of suppressed errors are indented. */
function javaCause(text: string): InnermostError | undefined {
  let last: string | undefined;
  for (let at = text.indexOf("Caused by: "); at !== -1; at = text.indexOf("Caused by: ", at + 1)) {
    if (at === 0 || text[at - 1] === "\n") last = text.slice(at + 11, endOfLine(text, at));
  }
  return last === undefined ? undefined : errorIn(last);
}

/** `outer: message ---> inner: message`, the innermost one last. */
function dotnetCause(text: string): InnermostError | undefined {
  const at = text.lastIndexOf("---> ");
  if (at === -1) return undefined;
  return errorIn(text.slice(at + 5, endOfLine(text, at)).replace(/^\(Inner Exception #\d+\) /, ""));
}

/** The first of the chain is the innermost; its error is the last line of its part. */
function pythonCause(text: string): InnermostError | undefined {
  const chain = PYTHON_CHAIN.exec(text);
  if (chain === null) return undefined;
  const lines = text.slice(0, chain.index).split("\n");
  const line = lines.findLast((one) => /^[A-Za-z_]/.test(one) && !one.startsWith("Traceback"));
  return line === undefined ? undefined : errorIn(line);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

function errorIn(line: string): InnermostError | undefined {
  const [, type, message = ""] = ERROR.exec(line.trim().slice(0, 2048)) ?? [];
  return type === undefined ? undefined : { type: type.replace(/:$/, ""), message: message.trim() };
}
