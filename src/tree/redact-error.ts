// Redacts an error as it stands on an exported span: type, message and stack trace.
import { redactText } from "../redact/text.ts";
import type { Redactor } from "./redact-node.ts";
import { MOST_TREE_CHARS } from "./text-budget.ts";
import type { TreeNode } from "./tree.ts";

/** The texts of an error. */
export interface ErrorTexts {
  readonly type: string;
  /** Empty if it has none. */
  readonly message: string;
  /** As V8 writes it: type and message, then one line for each frame. */
  readonly stack: string | undefined;
  /** As `type: message`, the nearest first. */
  readonly causes?: readonly string[];
}

/** What is known of the span that an error is written on. */
export type ErrorPlace = Pick<TreeNode, "service" | "operation" | "code">;

/** Longest stack trace that is read, in UTF-16 units; the same as when frames are looked for. */
const LONGEST_STACK = 16_384;

/** Redacts the errors that are written on the spans of one request, in the way in which its nodes are. */
export class ErrorRedaction {
  readonly #redact: Redactor;
  /** So many UTF-16 units more are read. */
  #left = MOST_TREE_CHARS;

  constructor(redact: Redactor) {
    this.#redact = redact;
  }

  /** The error without what must not leave the process. Of more errors than can be read only the types are left. */
  of({ type, message, stack, causes = [] }: ErrorTexts, place: ErrorPlace): ErrorTexts {
    this.#left -= type.length + message.length + Math.min(stack?.length ?? 0, LONGEST_STACK);
    for (const cause of causes) this.#left -= cause.length;
    const isRead = this.#left >= 0;
    const { name, frames } =
      isRead && stack !== undefined ? stackParts(stack, message) : { name: "", frames: [] };
    const node = this.#redact({
      ...place,
      errorType: type,
      ...(isRead && message !== "" ? { message } : undefined),
      ...(frames.length === 0 ? undefined : { frames }),
      ...(isRead && causes.length > 0 ? { causes } : undefined),
      count: 1,
      children: [],
    });
    const { errorType = "", message: told = "", frames: left, causes: toldCauses } = node;
    const title = redactText(name) + (told === "" ? "" : `: ${told}`);
    return {
      type: errorType,
      message: told,
      stack: left === undefined ? undefined : stackOf(title, left),
      ...(toldCauses === undefined ? undefined : { causes: toldCauses }),
    };
  }
}

/** A stack trace in its parts. */
interface StackParts {
  /** The name of the error. */
  readonly name: string;
  /** What stands between the name and the first frame. */
  readonly message: string;
  /** Without their `at`. */
  readonly frames: readonly string[];
}

/**
 * Takes a stack trace of V8 apart. A line of the message may look like a frame: if the message is known, frames begin behind
 * it, else behind the last line that is none.
 */
export function stackParts(stack: string, known = ""): StackParts {
  const isCut = stack.length > LONGEST_STACK;
  const lines = stack.slice(0, LONGEST_STACK).trimEnd().split("\n");
  if (isCut) lines.pop();
  const at = known === "" ? -1 : stack.indexOf(known);
  const first =
    at < 0
      ? lines.findLastIndex((line) => !isFrame(line)) + 1
      : stack.slice(0, at + known.length).split("\n").length;
  const head = lines.slice(0, first).join("\n");
  const name = /^[\w.$]*/.exec(head)?.[0] ?? "";
  return {
    name,
    message: head.slice(name.length).replace(/^(?: \[\w*\])?: ?/, ""),
    frames: lines
      .slice(first)
      .filter(isFrame)
      .map((line) => line.trim().slice(3)),
  };
}

/** The stack trace again. */
export function stackOf(title: string, frames: readonly string[]): string {
  return [title, ...frames.map((frame) => `    at ${frame}`)].join("\n");
}

function isFrame(line: string): boolean {
  return /^\s+at .*(?::\d+|<anonymous>|native|index \d+)\)?$/.test(line);
}
