// Packs a message as raw deflate (RFC 1951), which every language has, and unpacks one within bounds.
import { deflateRawSync, inflateRawSync } from "node:zlib";

/**
 * Level 9 makes no tree of the benchmark shorter than level 6, and takes a tenth longer. 4 KiB are as far as a message reaches back with any gain: with 32 KiB no tree of the benchmark gets shorter, and each
 * packing allocates eight times as much.
 */
const PACKING = { level: 6, windowBits: 12, memLevel: 5 } as const;
/** Raw deflate takes so many bytes more than what cannot be made shorter: a block's head, and the end. */
const MOST_MORE = 16;
/** Another writer's window may be the largest that the format has. */
const LARGEST_WINDOW = 15;
/** The least that zlib accepts. */
const SMALLEST_CHUNK = 64;

/** A message of so many bytes is stored as it is: for each call of zlib a service pays more than for building its tree. */
const STORED_BYTES = 128;
/** The same for a message that hardly repeats itself: packed it would be 5 to 15 % shorter. */
export const TERSE_STORED_BYTES = 256;
/** A block that is stored as it is, and the last one: this byte, the length twice, the second time inverted, the bytes. */
const LAST_STORED = 0x01;
const STORED_HEAD_BYTES = 5;

/** The message as raw deflate, in at most `bytes` if that can be; stored if it is no longer than `mostStored`. */
export function pack(message: Uint8Array, bytes: number, mostStored: number = STORED_BYTES): Buffer {
  const { length } = message;
  if (length <= mostStored && length + STORED_HEAD_BYTES <= bytes) return stored(message);
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
  if (isStored(packed)) {
    const { buffer, byteOffset, length } = packed;
    const message = Buffer.from(buffer, byteOffset + STORED_HEAD_BYTES, length - STORED_HEAD_BYTES);
    return message.length <= most ? message : undefined;
  }
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

function stored(message: Uint8Array): Buffer {
  const { length } = message;
  const packed = Buffer.allocUnsafe(STORED_HEAD_BYTES + length);
  packed[0] = LAST_STORED;
  packed.writeUInt16LE(length, 1);
  packed.writeUInt16LE(~length & 0xffff, 3);
  packed.set(message, STORED_HEAD_BYTES);
  return packed;
}

/** True for one stored block and nothing behind it, which needs no unpacking. */
function isStored(packed: Uint8Array): boolean {
  if (packed[0] !== LAST_STORED || packed.length < STORED_HEAD_BYTES) return false;
  const length = (packed[1] as number) | ((packed[2] as number) << 8);
  const inverted = (packed[3] as number) | ((packed[4] as number) << 8);
  return (length ^ inverted) === 0xffff && packed.length === STORED_HEAD_BYTES + length;
}
