// Cuts names to what both ends of an edge know, so that they agree.

/** As many characters as the shortest answer has room for: a longer name comes back cut. */
export const SERVICE_CHARS = 35;
/** Longest name of a peer that takes no part. */
export const PEER_CHARS = 64;

/** A name in printable ASCII, as the header has it, and no longer than that. */
export function nameOf(text: string, most: number): string {
  if (text.length <= most && isPrintable(text)) return text;
  let name = "";
  for (let i = 0; i < text.length && name.length < most; i++) {
    name += isPrintable(text.charAt(i)) ? text.charAt(i) : "?";
  }
  return name;
}

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}
