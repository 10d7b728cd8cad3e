// Breaks lines between words.
import { stripVTControlCharacters } from "node:util";

/** Lines of at most `width` columns, unless a word is longer; colours take no columns. */
export function wrap(text: string, first: string, next: string, width: number): string[] {
  const lines: string[] = [];
  let line = first;
  let columns = first.length;
  let empty = true;
  for (const word of text.split(" ")) {
    const length = stripVTControlCharacters(word).length;
    if (!empty && columns + 1 + length > width) {
      lines.push(line);
      line = next;
      columns = next.length;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    columns += length + (empty ? 0 : 1);
    empty = false;
  }
  lines.push(line);
  return lines;
}
