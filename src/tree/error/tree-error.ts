// Makes one error that was not thrown here: with the stack that it is given, shown whole by whoever prints it.
import type { Code } from "../../spans/code.ts";
import { FROM_TREE } from "../../spans/from-tree.ts";

/** What an error that was made of an error tree says of the operation that failed. */
export interface ErrorTreeFacts {
  readonly service: string;
  readonly operation: string;
  /** What the operation returned to its caller. */
  readonly code: Code;
  /** How many equal failures it stands for; absent if it is one. */
  readonly count?: number;
  /** Of the first error: the trace in which all of it is found. */
  readonly traceId?: string;
  /** Of the first error: how many failures have no error of their own, for lack of room; absent if there are none. */
  readonly omitted?: number;
}

/** An error that was made of an error tree. */
export interface TreeError extends Error {
  readonly errorTree: ErrorTreeFacts;
}

/** What it consists of. */
export interface TreeErrorParts {
  readonly type: string | undefined;
  readonly message: string;
  /** Without `at`, innermost first. */
  readonly frames: readonly string[];
  readonly facts: ErrorTreeFacts;
}

/** A name that an error class could have. Any other type stands in the message. */
const NAME = /^[A-Za-z_$][\w$.]*$/;

/** @param causes - one becomes its cause; of several it is an AggregateError */
export function treeError(
  { type, message, frames, facts }: TreeErrorParts,
  causes: readonly Error[],
): TreeError {
  const isNamed = type !== undefined && NAME.test(type);
  const [cause] = causes;
  const isOfSeveral = causes.length > 1;
  const name = isNamed ? type : isOfSeveral ? "AggregateError" : "Error";
  const text = type === undefined || isNamed ? message : message === "" ? type : `${type}: ${message}`;
  const error = isOfSeveral ? new AggregateError(causes, text) : new Error(text);
  const lines = frames.map((frame) => `\n    at ${frame}`).join("");
  const hidden = (value: unknown): PropertyDescriptor => ({ value, writable: true, configurable: true });
  return Object.defineProperties(error, {
    name: hidden(name),
    stack: hidden(`${name}${text === "" ? "" : `: ${text}`}${lines}`),
    ...(cause === undefined || isOfSeveral ? undefined : { cause: hidden(cause) }),
    errorTree: hidden(facts),
    [FROM_TREE]: hidden(""),
    [INSPECT]: hidden(inspectWhole),
    toJSON: hidden(toJson),
  }) as TreeError;
}

/** The method by which `util.inspect`, and so `console.error`, shows an object. */
const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** Node shows three levels of causes; a chain through services is as long as it is, and it is bounded. */
function inspectWhole(
  this: Error,
  _depth: number,
  options: object,
  inspect: (value: unknown, options: object) => string,
): string {
  return inspect(this, { ...options, customInspect: false, depth: null });
}

/** For loggers that write errors as JSON: without it, nothing of an error but its own enumerable properties is there. */
function toJson(this: TreeError & { readonly errors?: readonly Error[] }): object {
  const { name, message, stack, errorTree, cause, errors } = this;
  return { name, message, stack, errorTree, cause, errors };
}
