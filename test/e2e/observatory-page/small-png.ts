// Writes a screenshot with 256 colours in place of thousands: half as large, and no eye tells them apart.
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8;
/** Colours of a palette. */
const MOST_COLOURS = 256;

interface Image {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel. */
  readonly pixels: Uint8Array;
}

/** The same picture with a palette; each colour becomes the nearest one of it. */
export function smallPng(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const counts = new Map<number, number>();
  for (let i = 0; i < pixels.length; i += 3) {
    const colour = colourAt(pixels, i);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const palette = paletteOf([...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour));
  const nearest = new Map([...counts.keys()].map((colour) => [colour, nearestOf(palette, colour)]));
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      rows[y * (width + 1) + 1 + x] = nearest.get(colourAt(pixels, (y * width + x) * 3)) ?? 0;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    png.subarray(0, SIGNATURE),
    chunk("IHDR", header),
    chunk(
      "PLTE",
      Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255])),
    ),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Squares of distances between colours of a palette: first those that differ most, so that a rare green stays one. */
const APART: readonly number[] = [1_600, 400, 100, 0];

/** Of colours, the most frequent first. */
function paletteOf(colours: readonly number[]): number[] {
  const palette: number[] = [];
  for (const apart of APART) {
    for (const colour of colours) {
      if (palette.length === MOST_COLOURS) return palette;
      if (palette.every((other) => distanceOf(colour, other) > apart)) palette.push(colour);
    }
  }
  return palette;
}

/** @throws Error if it is not as Chromium writes it: three channels of 8 bits, not interlaced */
function decode(png: Buffer): Image {
  const data: Buffer[] = [];
  let header: Buffer | undefined;
  for (let at = SIGNATURE; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const name = png.toString("latin1", at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (name === "IHDR") header = body;
    if (name === "IDAT") data.push(body);
    at += 12 + length;
  }
  if (header?.[8] !== 8 || header[9] !== 2 || header[12] !== 0)
    throw new Error("no PNG as Chromium writes it");
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  return { width, height, pixels: unfiltered(inflateSync(Buffer.concat(data)), width * 3, height) };
}

/** Source: PNG specification, W3C, 9 "Filtering". */
function unfiltered(raw: Uint8Array, stride: number, height: number): Uint8Array {
  const pixels = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)] as number;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < 3 ? 0 : (pixels[at - 3] as number);
      const above = y === 0 ? 0 : (pixels[at - stride] as number);
      const corner = x < 3 || y === 0 ? 0 : (pixels[at - stride - 3] as number);
      pixels[at] = (raw[y * (stride + 1) + 1 + x] as number) + predicted(filter, left, above, corner);
    }
  }
  return pixels;
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const [byLeft, byAbove, byCorner] = [
    Math.abs(above - corner),
    Math.abs(left - corner),
    Math.abs(left + above - 2 * corner),
  ];
  if (byLeft <= byAbove && byLeft <= byCorner) return left;
  return byAbove <= byCorner ? above : corner;
}

function nearestOf(palette: readonly number[], colour: number): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [i, other] of palette.entries()) {
    const distance = distanceOf(colour, other);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** The square of the distance. */
function distanceOf(a: number, b: number): number {
  return squareOf(a >> 16, b >> 16) + squareOf(a >> 8, b >> 8) + squareOf(a, b);
}

function squareOf(a: number, b: number): number {
  return ((a & 255) - (b & 255)) ** 2;
}

function colourAt(pixels: Uint8Array, i: number): number {
  return ((pixels[i] as number) << 16) | ((pixels[i + 1] as number) << 8) | (pixels[i + 2] as number);
}

function chunk(name: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), body]);
  const result = Buffer.alloc(body.length + 12);
  result.writeUInt32BE(body.length, 0);
  result.set(named, 4);
  result.writeUInt32BE(crc32(named), body.length + 8);
  return result;
}
