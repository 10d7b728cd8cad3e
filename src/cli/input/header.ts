// Reads a header value: alone, after its field name, or in the middle of what curl printed.
import { createAnswerCodec } from "../../wire/answer-codec.ts";
import { HEADER_NAME } from "../../wire/header.ts";
import type { InputSink } from "./span-sink.ts";

const codec = createAnswerCodec();
const FIELD = new RegExp(`^[<\\s]*${HEADER_NAME}:(.*)$`, "is");

/** Reads a line that is an answer or an `x-error-tree:` field; false if it is neither. */
export function readHeaderLine(line: string, sink: InputSink): boolean {
  const value = (FIELD.exec(line)?.[1] ?? line).trim();
  if (value === "") return false;
  // Every tree as JSON has this member: a span on a line of its own must not be parsed twice.
  if (value.startsWith("{") && !value.includes('"children"')) return false;
  const outcome = codec.decode(value, undefined, "");
  if (typeof outcome === "string") return false;
  sink.tree(outcome.tree);
  return true;
}
