// Writes any text into XML or HTML, where it is text and never markup.
import { printable } from "../tree/format.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text for an element or an attribute in quotes. Control and bidi characters become visible escapes; what XML 1.0 knows no
 * way to write, half surrogate pairs and U+FFFE and U+FFFF, becomes U+FFFD.
 */
export function xmlText(text: string): string {
  return printable(text)
    .replace(/[\p{Surrogate}\ufffe\uffff]/gu, "\ufffd")
    .replace(/[&<>"']/g, (char) => ESCAPES[char] as string);
}

/** At most so many columns of a font with one width: East Asian characters and emoji take two. */
export function shortened(text: string, columns: number): string {
  let used = 0;
  let end = 0;
  for (const char of text) {
    const width = columnsOf(char);
    if (used + width > columns) {
      // One column is kept for the mark that something is missing.
      while (end > 0 && used >= columns) {
        const last = lastOf(text, end);
        end -= last.length;
        used -= columnsOf(last);
      }
      return `${text.slice(0, end)}…`;
    }
    used += width;
    end += char.length;
  }
  return text;
}

function columnsOf(char: string): number {
  return char >= "\u1100" ? 2 : 1;
}

function lastOf(text: string, end: number): string {
  const pair = text.slice(Math.max(0, end - 2), end);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(pair) ? pair : text.slice(end - 1, end);
}
