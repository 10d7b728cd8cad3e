// The fields of a tree in the binary format, before anything is made of them.

import { type Limits, MAX_COUNT, MAX_EXPANSION } from "../limits.ts";
import type { ByteReader } from "./byte-reader.ts";
import { BYTES, FIELD, VARINT } from "./numbers.ts";

const NONE: readonly number[] = [];

/** The fields as they came; a column that came more than once is one, as protobuf has it. */
export class Fields {
  idAt = -1;
  omitted = 0;
  textAt = 0;
  textEnd = 0;
  /** Bytes of the text before compression; 0 where it is not compressed. */
  textBytes = 0;
  lengths: readonly number[] = NONE;
  children: readonly number[] = NONE;
  services: readonly number[] = NONE;
  operations: readonly number[] = NONE;
  outcomes: readonly number[] = NONE;
  messages: readonly number[] = NONE;
  errorTypes: readonly number[] = NONE;
  insides: readonly number[] = NONE;
  peers: readonly number[] = NONE;
  counts: readonly number[] = NONE;
  hops: readonly number[] = NONE;
  frames: readonly number[] = NONE;
  kinds: readonly number[] = NONE;
  times: readonly number[] = NONE;
  pendingMs: readonly number[] = NONE;

  read(reader: ByteReader, limits: Limits): boolean {
    while (!reader.done) {
      const tag = reader.varint();
      if (tag > 0xffff_ffff || tag < 8) return false;
      const wireType = tag % 8;
      const field = (tag - wireType) / 8;
      if (wireType === BYTES && (field === FIELD.id || field === FIELD.text)) {
        const length = reader.length();
        if (field === FIELD.text) {
          this.textAt = reader.at;
          this.textEnd = reader.at + length;
        } else {
          if (length !== 8) return false;
          this.idAt = reader.at;
        }
        reader.at += length;
      } else if (wireType === VARINT && field === FIELD.omitted) {
        this.omitted = reader.varint();
      } else if (wireType === VARINT && field === FIELD.textBytes) {
        this.textBytes = reader.varint();
      } else if (wireType === BYTES || wireType === VARINT) {
        this.#column(field, wireType, reader, limits);
      } else {
        reader.skip(wireType);
      }
    }
    if (reader.malformed || this.omitted > MAX_COUNT) return false;
    return this.textBytes <= (this.textEnd - this.textAt) * MAX_EXPANSION;
  }

  #column(field: number, wireType: number, reader: ByteReader, limits: Limits): void {
    const { nodes, strings } = limits;
    if (field === FIELD.lengths) this.lengths = column(this.lengths, wireType, reader, strings);
    else if (field === FIELD.children) this.children = column(this.children, wireType, reader, nodes);
    else if (field === FIELD.services) this.services = column(this.services, wireType, reader, nodes);
    else if (field === FIELD.operations) this.operations = column(this.operations, wireType, reader, nodes);
    else if (field === FIELD.outcomes) this.outcomes = column(this.outcomes, wireType, reader, nodes);
    else if (field === FIELD.messages) this.messages = column(this.messages, wireType, reader, nodes);
    else if (field === FIELD.errorTypes) this.errorTypes = column(this.errorTypes, wireType, reader, nodes);
    else if (field === FIELD.kinds) this.kinds = column(this.kinds, wireType, reader, nodes);
    else if (field === FIELD.at) this.insides = column(this.insides, wireType, reader, 2 * nodes);
    else if (field === FIELD.peers) this.peers = column(this.peers, wireType, reader, 2 * nodes);
    else if (field === FIELD.counts) this.counts = column(this.counts, wireType, reader, 2 * nodes);
    else if (field === FIELD.hops) this.hops = column(this.hops, wireType, reader, 2 * nodes);
    else if (field === FIELD.times) this.times = column(this.times, wireType, reader, 3 * nodes);
    else if (field === FIELD.pendingMs) this.pendingMs = column(this.pendingMs, wireType, reader, 2 * nodes);
    // As many as there are bytes for: frames are bounded by the value's length alone.
    else if (field === FIELD.frames) this.frames = column(this.frames, wireType, reader, limits.valueBytes);
    else reader.skip(wireType);
  }
}

/** The numbers so far and those that follow: one, or a packed list. More than `most` are malformed. */
function column(
  before: readonly number[],
  wireType: number,
  reader: ByteReader,
  most: number,
): readonly number[] {
  const values = before === NONE ? [] : (before as number[]);
  const end = wireType === VARINT ? reader.at + 1 : reader.length() + reader.at;
  while (reader.at < end && !reader.malformed) {
    if (values.length >= most) reader.malformed = true;
    values.push(reader.varint());
  }
  // A number that reaches beyond its list.
  if (wireType === BYTES && reader.at !== end) reader.malformed = true;
  return values;
}
