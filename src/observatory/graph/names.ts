// Makes names of whatever a sender calls a service or a peer: short, on one line, and nothing that steers a terminal or hides.

/** A longer name is cut. */
const MOST_CHARS = 128;

/** Controls, marks without a width of their own, halves of characters, and the separators of lines. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const ALL_UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** The name, or `undefined` if there is none. A name may be any text of a stranger: it is text, never markup. */
export function nameOf(text: unknown): string | undefined {
  if (typeof text !== "string") return undefined;
  const name = lineOf(text, MOST_CHARS);
  return name === "" ? undefined : name;
}

/** A text on one line that can be seen whole, with an ellipsis at its end if it is longer than so many UTF-16 units. */
export function lineOf(text: string, mostChars: number): string {
  const cut = text.length > mostChars ? `${cutText(text, mostChars - 1)}…` : text;
  return (UNSEEN.test(cut) ? cut.replace(ALL_UNSEEN, "\ufffd") : cut).trim();
}

/** The first `most` UTF-16 units of a text. It is a copy: a part of a text keeps the whole of it in memory. */
export function cutText(text: string, most: number): string {
  return text.length > most ? Buffer.from(text.slice(0, most)).toString() : text;
}
