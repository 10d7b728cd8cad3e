// Writes fields of protobuf.

/** A field that holds bytes. */
export function field(number: number, value: Uint8Array): Buffer {
  const head = [(number << 3) | 2];
  let { length } = value;
  for (; length >= 0x80; length = Math.floor(length / 0x80)) head.push((length % 0x80) | 0x80);
  return Buffer.concat([Buffer.from([...head, length]), value]);
}

/** A fixed64. */
export function fixed(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(9, (number << 3) | 1);
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
}
