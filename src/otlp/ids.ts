// Reads the ids of traces and spans, in whichever form a producer writes them, into one form.

const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;
const TRACE_ID = /^(?!0{16})[0-9a-f]{32}$/;
const HEX = /^[0-9a-f]+$/;
/** Base64 of 8 and of 16 bytes, as protobuf's JSON mapping has it. */
const BASE64 = /^(?:[0-9a-z+/_-]{11}=|[0-9a-z+/_-]{22}==)$/i;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * A span id as 16 hex digits in lower case, whether it was hex of either case, without its leading zeros, or base64. Text of
 * another form is kept as it is; `undefined` if there is no id, or only zeros.
 */
export function spanIdIn(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return SPAN_ID.test(value) ? value : idOf(value);
}

/** A trace id in the same way, as 32 hex digits, or as 16 if the upper half is zero: older systems have no more. */
export function traceIdIn(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return TRACE_ID.test(value) ? value : idOf(value);
}

function idOf(text: string): string | undefined {
  const id = hexOf(text.trim());
  if (!HEX.test(id)) return id === "" ? undefined : id;
  const digits = id.replace(/^0+/, "");
  if (digits === "") return undefined;
  return digits.padStart(digits.length > 16 ? 32 : 16, "0");
}

function hexOf(text: string): string {
  if (BASE64.test(text)) return Buffer.from(text, "base64").toString("hex");
  const id = text.toLowerCase();
  if (UUID.test(id)) return id.replaceAll("-", "");
  if (id.startsWith("0x")) return id.slice(2);
  return HEX.test(id) ? id : text;
}
