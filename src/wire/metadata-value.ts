// Turns an answer from a header value into the raw bytes of binary metadata of gRPC, and back.
import { HEADER_NAME } from "./header.ts";

/** The one name in trailing metadata. Names that end in `-bin` have bytes as values. Source: gRPC over HTTP2, "Custom-Metadata". */
export const METADATA_NAME: string = `${HEADER_NAME}-bin`;

/**
 * Most bytes of a value. Measured with grpcio 1.85 and grpc-go: 4,096 arrive in every trailer; with 6,000 C-core refuses 29 of
 * 1,000 calls, because its limit of 8,192 bytes counts base64.
 */
export const METADATA_BYTES = 4096;

/** The first byte of a tree in binary, and its version; the first byte of a text is a printable character. */
const TREE_VERSION = 1;
const BEFORE_BASE64 = ":";
const AFTER_BASE64 = ":;v=1";
const PRINTABLE = 0x20;

/** Characters of the header value of a tree that takes so many bytes of metadata at most. */
export function charsOfTree(bytes: number): number {
  return BEFORE_BASE64.length + 4 * Math.floor((bytes - 1) / 3) + AFTER_BASE64.length;
}

/** The bytes for a header value that this package wrote. */
export function bytesOfValue(value: string): Buffer {
  if (!value.startsWith(BEFORE_BASE64)) return Buffer.from(value, "latin1");
  const base64 = value.slice(BEFORE_BASE64.length, -AFTER_BASE64.length);
  const bytes = Buffer.allocUnsafe(1 + Buffer.byteLength(base64, "base64"));
  bytes[0] = TREE_VERSION;
  bytes.write(base64, 1, "base64");
  return bytes;
}

/** The header value that bytes of a peer stand for; `undefined` if they are too long or of another version. Never throws. */
export function valueOfBytes(bytes: Uint8Array): string | undefined {
  const { buffer, byteOffset, length } = bytes;
  const first = bytes[0];
  if (first === undefined || length > METADATA_BYTES) return undefined;
  const view = Buffer.from(buffer, byteOffset, length);
  if (first >= PRINTABLE) return view.toString("latin1");
  if (first !== TREE_VERSION) return undefined;
  return BEFORE_BASE64 + view.toString("base64", 1) + AFTER_BASE64;
}
