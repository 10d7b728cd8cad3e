// Bounds of what is written for a peer and read from one, checked before anything is built.

/** Bounds of one header value that carries a tree; the writer keeps them, the reader refuses what passes them. */
export interface Limits {
  /**
   * Longest value, in bytes; the design allows a tree 2,048 bytes at most. Also the most numbers that a column of frames or
   * causes is written with. @default 2048
   */
  readonly valueBytes: number;
  /**
   * Most bytes that a value in binary unpacks to; a value of 2,048 bytes seldom holds 6,000. Also the most numbers that a
   * column of frames or causes is read with. @default 16384
   */
  readonly messageBytes: number;
  /** Most nodes of one tree. @default 1024 */
  readonly nodes: number;
  /** Most nodes from the root down to a leaf, both included. @default 512 */
  readonly depth: number;
  /** Most different strings of one tree in the binary format. @default 2048 */
  readonly strings: number;
  /** Longest name, message or stack frame, in UTF-16 units. @default 1024 */
  readonly stringChars: number;
}

/** The default bounds. */
export const DEFAULT_LIMITS: Limits = {
  valueBytes: 2048,
  messageBytes: 16_384,
  nodes: 1024,
  depth: 512,
  strings: 2048,
  stringChars: 1024,
};

/** Default of the option `headerBytes`: the longest value that is written, in bytes. */
export const DEFAULT_HEADER_BYTES = 1024;

/** Header blocks that a tree, and the outcome alone, may lead to, in bytes: a default nginx answers 502 past 4,096. */
export const BLOCK_BYTES = 3072;
export const MINIMAL_BLOCK_BYTES = 3584;

/** Longer URLs, in bytes, are kept by no cache that puts them beside the head: nginx has 4,096 bytes for both. */
export const LONGEST_CACHE_KEY = 3500;

/** Largest count on the wire, in every format: an integer of RFC 9651 has at most 15 digits. */
export const MAX_COUNT = 999_999_999_999_999;

/** The first `chars` UTF-16 units of a text, less one if a surrogate pair would be torn. */
export function cutText(text: string, chars: number): string {
  if (text.length <= chars) return text;
  const last = text.charCodeAt(chars - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? chars - 1 : chars);
}
