// Cuts names to what both ends of an edge know, so that they agree.
import { UNKNOWN_SERVICE } from "../../tree/tree.ts";

/** As many characters as the shortest answer has room for: a longer name comes back cut. */
export const SERVICE_CHARS = 35;
/** Longest name of a peer that takes no part. */
export const PEER_CHARS = 64;

/**
 * A name in printable ASCII, as the header has it, and no longer than that; `unknown_service` if there is nothing in it. It is a copy:
 * a text that grows by single characters takes thirty times its memory, and a part of a text keeps the whole of it.
 */
export function nameOf(text: string, most: number): string {
  if (text.trim() === "") return UNKNOWN_SERVICE;
  if (text.length <= most && isPrintable(text)) return text;
  const chars: string[] = [];
  for (let i = 0; i < text.length && i < most; i++) {
    chars.push(isPrintable(text.charAt(i)) ? text.charAt(i) : "?");
  }
  return chars.join("");
}

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}
