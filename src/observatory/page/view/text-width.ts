// Cuts texts of a drawing to the width that they have.

/** Fonts of the drawing; as in the style sheet. */
export const FONTS: Readonly<Record<"name" | "far", string>> = {
  name: '600 13px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif',
  far: '600 16px system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif',
};

/** Texts that are kept with what is left of them. */
const MOST_KEPT = 4_000;
const kept = new Map<string, string>();
let pen: CanvasRenderingContext2D | null | undefined;

/** The text, or its beginning and end with a mark between. */
export function fitted(text: string, width: number, font: keyof typeof FONTS): string {
  const key = `${font} ${width} ${text}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  if (kept.size >= MOST_KEPT) kept.clear();
  const result = cut(text, width, font);
  kept.set(key, result);
  return result;
}

function cut(text: string, width: number, font: keyof typeof FONTS): string {
  if (widthOf(text, font) <= width) return text;
  const chars = [...text];
  let [least, most] = [1, chars.length];
  // The most characters that fit: names of services differ at both ends.
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (widthOf(shortened(chars, middle), font) <= width) least = middle;
    else most = middle - 1;
  }
  return shortened(chars, least);
}

function shortened(chars: readonly string[], count: number): string {
  const head = Math.ceil(count * 0.6);
  const tail = count - head;
  return `${chars.slice(0, head).join("")}…${tail === 0 ? "" : chars.slice(-tail).join("")}`;
}

function widthOf(text: string, font: keyof typeof FONTS): number {
  pen ??= document.createElement("canvas").getContext("2d");
  if (pen === null || pen === undefined) return text.length * 7.5;
  pen.font = FONTS[font];
  return pen.measureText(text).width;
}
