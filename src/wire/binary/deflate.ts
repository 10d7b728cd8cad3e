// Packs a message as raw deflate (RFC 1951), which every language has, and unpacks one within bounds.
import { deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * 4 KiB are as far as a message reaches back with any gain: with 32 KiB no tree of the benchmark gets shorter, and each
 * packing allocates eight times as much.
 */
const PACKING = { level: 9, windowBits: 12, memLevel: 5 } as const;
/** Raw deflate takes so many bytes more than what cannot be made shorter: a block's head, and the end. */
const MOST_MORE = 16;
/** Another writer's window may be the largest that the format has. */
const LARGEST_WINDOW = 15;
/** The least that zlib accepts. */
const SMALLEST_CHUNK = 64;

/** The message as raw deflate. */
export function pack(message: Uint8Array): Buffer {
  // In one piece that fits: as installed zlib allocates 16 KiB for each message.
  return deflateRawSync(message, {
    ...PACKING,
    chunkSize: Math.max(SMALLEST_CHUNK, message.length + MOST_MORE),
  });
}

/**
 * The message in one pass; `undefined` if it is no raw deflate, ends too early, goes on behind its end, or unpacks to more
 * than `most` bytes, at which the work ends. Never throws.
 */
export function unpack(packed: Uint8Array, most: number): Buffer | undefined {
  if (packed.length === 0) return undefined;
  try {
    const { buffer, engine } = inflateRawSync(packed, {
      windowBits: LARGEST_WINDOW,
      maxOutputLength: most,
      // A message that we write seldom unpacks to more, so one piece is enough.
      chunkSize: Math.max(SMALLEST_CHUNK, Math.min(most, 6 * packed.length)),
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return engine.bytesWritten === packed.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}
