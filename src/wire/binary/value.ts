// The header value in which a tree in binary travels: an RFC 9651 byte sequence, `:base64:;v=1`.
import type { ErrorTree } from "../../tree/tree.ts";
import type { Limits } from "../limits.ts";
import { FieldReader } from "../structured-field.ts";
import { pack, TERSE_STORED_BYTES, unpack } from "./deflate.ts";
import { type BinaryAnswer, readBinary } from "./from-binary.ts";
import type { Meter } from "./meter.ts";
import { BinaryWriter } from "./to-binary.ts";

/** The version that we speak; what else may follow the bytes is skipped. */
const VERSION = 1;
const TAIL = ":;v=1";
const AROUND = 1 + TAIL.length;

/** Writes values one after the other. */
export class ValueWriter {
  readonly #writer: BinaryWriter;
  readonly #messageBytes: number;

  constructor(limits: Limits) {
    this.#writer = new BinaryWriter(limits);
    this.#messageBytes = limits.messageBytes;
  }

  /** The tree as a value of at most `bytes`, answering the ask `id`; `undefined` if it does not fit. */
  write(tree: ErrorTree, id: string | undefined, bytes: number): string | undefined {
    const room = Math.floor((bytes - AROUND) / 4) * 3;
    if (room <= 0) return undefined;
    const message = this.#writer.write(tree, id, this.#messageBytes);
    if (message === undefined) return undefined;
    const packed = pack(message, room, this.#writer.isTerse ? TERSE_STORED_BYTES : undefined);
    if (packed.length > room) return undefined;
    return `:${packed.toString("base64")}${TAIL}`;
  }
}

/** True for a value that is a byte sequence, and none of the other forms of an answer. */
export function isBinaryValue(value: string): boolean {
  return value.startsWith(":");
}

/**
 * Reads a value. `operation` names a root that does not name itself. `undefined`: not in this version, malformed, or past
 * a limit. Never throws.
 */
export function readValue(
  value: string,
  operation: string,
  limits: Limits,
  meter?: Meter,
): BinaryAnswer | undefined {
  if (value.length > limits.valueBytes) return undefined;
  const colon = value.indexOf(":", 1);
  if (colon < 1 || !isOurVersion(value, colon)) return undefined;
  const base64 = value.slice(1, colon);
  const bytes = Buffer.from(base64, "base64");
  // The decoder skips what is not base64, takes the alphabet of URLs for it, and other characters for ASCII.
  if (bytes.length !== decodedLength(base64) || Buffer.byteLength(base64) !== base64.length) return undefined;
  if (base64.includes("-") || base64.includes("_")) return undefined;
  const message = unpack(bytes, limits.messageBytes);
  return message === undefined ? undefined : readBinary(message, message.length, operation, limits, meter);
}

/** True if the parameters behind the closing colon say our version, whatever else they say. */
function isOurVersion(value: string, colon: number): boolean {
  if (colon === value.length - TAIL.length && value.endsWith(TAIL)) return true;
  const reader = new FieldReader(value.slice(colon + 1));
  let version = 0;
  for (let name = reader.parameterKey(); name !== undefined; name = reader.parameterKey()) {
    if (name === "" || !reader.parameterValue()) return false;
    if (name === "v") version = reader.kind === "integer" ? reader.number : 0;
  }
  return reader.atEnd() && version === VERSION;
}

/** Bytes of a base64 text that is whole; unpadded text is read too, as RFC 9651 has it. */
function decodedLength(base64: string): number {
  let digits = base64.length;
  if (digits % 4 === 0 && base64.endsWith("=")) digits -= base64.endsWith("==") ? 2 : 1;
  return digits % 4 === 1 ? -1 : Math.floor((digits * 3) / 4);
}
