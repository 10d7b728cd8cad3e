// Finds errors that reach more than one request: a call or a pool that several requests share fails once, in one of them.
import { Hash64 } from "../spans/hash.ts";
import { INTERNAL } from "../spans/otel.ts";
import type { Attributes } from "../spans/span-record.ts";
import { type ErrorTree, rootCauseOf } from "../tree/tree.ts";
import type { Fragment } from "./fragment.ts";
import { exceptionEvent } from "./read-span.ts";
import type { SpanEntry } from "./span-entry.ts";

/** Errors that are remembered, and looked at in one request. */
const REMEMBERED = 256;
const LOOKED_AT = 8;
/** Characters of a stack that count: where it was thrown, and who waited for it. */
const LOOKED_AT_CHARS = 1024;

/** An error that a span of a request recorded. */
interface SeenError {
  readonly entry: SpanEntry;
  readonly key: string;
}

/**
 * Two errors count as the same if type, text and stack are equal: spans keep nothing else. Requests that each throw their own
 * error at the same place look the same, so an error is remembered only if its request was stopped by a failure beneath it.
 */
export class SharedErrors {
  /** Requests by the errors that came from beneath them, the oldest first. */
  readonly #requests = new Map<string, string>();

  /** The errors of a request; marks the spans of those that came from beneath another one. */
  look(fragment: Fragment): readonly SeenError[] {
    const errors = errorsOf(fragment);
    for (const { entry, key } of errors) {
      const request = this.#requests.get(key);
      if (request !== undefined && request !== fragment.root.spanId) fragment.spanNoted(entry, "sharedError");
    }
    return errors;
  }

  /** Remembers the errors of a request, unless nothing beneath it is what stopped it. */
  remember(errors: readonly SeenError[], { root }: ErrorTree): void {
    if (errors.length === 0 || rootCauseOf(root).path.length === 1) return;
    for (const { entry, key } of errors) {
      if (this.#requests.has(key)) continue;
      this.#requests.set(key, entry.fragment.root.spanId);
      if (this.#requests.size > REMEMBERED) this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    for (const oldest of this.#requests.keys()) {
      this.#requests.delete(oldest);
      return;
    }
  }
}

/** The errors that the program itself recorded. */
function errorsOf({ root, entries, told }: Fragment): SeenError[] {
  const errors: SeenError[] = [];
  const add = (entry: SpanEntry, attributes: Attributes): void => {
    const key = keyOf(attributes);
    if (key !== undefined) errors.push({ entry, key });
  };
  if (told !== undefined) add(root, exceptionEvent(told).attributes);
  for (let i = 0; i < entries.length && errors.length < LOOKED_AT; i++) {
    const entry = entries[i] as SpanEntry;
    if (entry !== root && !entry.again && entry.span.kind !== INTERNAL) continue;
    const event = entry.span.events.findLast(({ name }) => name === "exception");
    if (event !== undefined) add(entry, event.attributes ?? {});
  }
  return errors;
}

/** `undefined` without a stack: errors with the same text may be different ones. */
function keyOf(attributes: Attributes): string | undefined {
  const stack = attributes["exception.stacktrace"];
  if (typeof stack !== "string" || !stack.includes("\n    at ")) return undefined;
  return new Hash64().text(`${attributes["exception.type"]}`).text(stack.slice(0, LOOKED_AT_CHARS)).hex();
}
