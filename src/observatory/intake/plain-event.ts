// Reads plain events: one JSON object a line, of a system without OpenTelemetry.
import { isObject } from "../../otlp/json-value.ts";
import { nameOf } from "../graph/names.ts";

/** One event: somebody showed a token. */
export interface PlainEvent {
  readonly node: string;
  /** Names what passes from node to node; absent only if there is an id or a parent. */
  readonly token?: string;
  /** In milliseconds since the epoch. */
  readonly time: number;
  /** The id of this step, which others name as their parent. Unique among the events of a token. */
  readonly id?: string;
  /** The id of the step that this one comes from: its direction is known then, not inferred. */
  readonly parent?: string;
  readonly failed: boolean;
  /** How long the step took, in seconds, if it was said. */
  readonly seconds?: number;
}

/** A longer token or id is refused: a part of it may be that of another one. */
const MOST_CHARS = 256;

/**
 * Reads one line.
 *
 * @param receivedMs - the time of an event that has none, in milliseconds since the epoch
 * @returns the event, or in words what is wrong with it
 */
export function readPlainEvent(line: string, receivedMs: number): PlainEvent | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `a line that is no JSON: ${shown(line)}`;
  }
  return isObject(value) ? readEvent(value, receivedMs) : `a line that is no JSON object: ${shown(line)}`;
}

function readEvent(value: Readonly<Record<string, unknown>>, receivedMs: number): PlainEvent | string {
  const node = nameOf(value.node);
  if (node === undefined) return wrong("node", "a name", value.node);
  const [token, id, parent] = [idIn(value.token), idIn(value.id), idIn(value.parent)];
  if (token === "wrong") return wrong("token", `a text of at most ${MOST_CHARS} characters`, value.token);
  if (id === "wrong") return wrong("id", `a text of at most ${MOST_CHARS} characters`, value.id);
  if (parent === "wrong") return wrong("parent", `a text of at most ${MOST_CHARS} characters`, value.parent);
  if (token === undefined && id === undefined && parent === undefined)
    return "an event without token, id and parent";
  const time = value.time === undefined || value.time === null ? receivedMs : timeIn(value.time);
  if (time === undefined)
    return wrong("time", "milliseconds since 1970, or a text as 2026-01-31T12:00:00Z", value.time);
  const { failed = false, ms } = value;
  if (typeof failed !== "boolean") return wrong("failed", "true or false", failed);
  if (ms !== undefined && !(typeof ms === "number" && ms >= 0))
    return wrong("ms", "a number of milliseconds", ms);
  return {
    node,
    time,
    failed,
    ...(token === undefined ? undefined : { token: token.text }),
    ...(id === undefined ? undefined : { id: id.text }),
    ...(parent === undefined ? undefined : { parent: parent.text }),
    ...(ms === undefined ? undefined : { seconds: ms / 1000 }),
  };
}

function idIn(value: unknown): { readonly text: string } | "wrong" | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number") return { text: String(value) };
  return typeof value === "string" && value !== "" && value.length <= MOST_CHARS ? { text: value } : "wrong";
}

function timeIn(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : value;
  return typeof time === "number" && Number.isFinite(time) ? time : undefined;
}

function wrong(field: string, expected: string, got: unknown): string {
  return `an event whose ${field} is not ${expected}, but ${shown(jsonOf(got) ?? "missing")}`;
}

/** Nested as deeply as a line is long, a value can be read and not written. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return "something very deep";
  }
}

function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
