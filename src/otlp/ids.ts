// Reads the ids of traces and spans, in whichever form a producer writes them, into one form.

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
  return isPlain(value, 16) ? value : idOf(value);
}

/** A trace id in the same way, as 32 hex digits, or as 16 if the upper half is zero: older systems have no more. */
export function traceIdIn(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  return isPlain(value, 32) ? value : idOf(value);
}

/** True for an id in the form in which most are written; a loop takes a third of the time of a regular expression. */
function isPlain(id: string, digits: number): boolean {
  if (id.length !== digits) return false;
  let firstDigits = 0;
  for (let i = 0; i < digits; i++) {
    const char = id.charCodeAt(i);
    if (char < 0x30 || (char > 0x39 && char < 0x61) || char > 0x66) return false;
    if (i < 16) firstDigits |= char ^ 0x30;
  }
  return firstDigits !== 0;
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
