// Places rectangles in rows, so that the whole is about as wide as the page.

/** A rectangle. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where the rectangles are, by their upper left corners, and how large the whole is. */
export interface Packed extends Size {
  readonly places: readonly { readonly x: number; readonly y: number }[];
}

/** Packs rectangles, the high ones first; `ratio` is width over height of the whole. */
export function pack(
  sizes: readonly Size[],
  { gap, ratio }: { gap: { x: number; y: number }; ratio: number },
): Packed {
  const area = sizes.reduce((sum, { width, height }) => sum + (width + gap.x) * (height + gap.y), 0);
  const widest = Math.max(0, ...sizes.map(({ width }) => width));
  const room = Math.max(widest, Math.sqrt(area * ratio));
  const order = sizes.map((_, i) => i).sort((a, b) => heightOf(sizes, b) - heightOf(sizes, a) || a - b);
  const places: { x: number; y: number }[] = sizes.map(() => ({ x: 0, y: 0 }));
  let [x, y, rowHeight, width] = [0, 0, 0, 0];
  for (const i of order) {
    const size = sizes[i] as Size;
    if (x > 0 && x + size.width > room) {
      x = 0;
      y += rowHeight + gap.y;
      rowHeight = 0;
    }
    places[i] = { x, y };
    rowHeight = Math.max(rowHeight, size.height);
    width = Math.max(width, x + size.width);
    x += size.width + gap.x;
  }
  return { places, width, height: y + rowHeight };
}

function heightOf(sizes: readonly Size[], i: number): number {
  return (sizes[i] as Size).height;
}
