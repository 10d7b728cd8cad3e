// Reads the fields of a tree in the binary format, before anything is made of them.
import { type Limits, MAX_COUNT } from "../limits.ts";
import type { ByteReader } from "./byte-reader.ts";
import { COLUMNS, type Column } from "./columns.ts";
import { BYTES, FIELD, VARINT } from "./numbers.ts";

const NONE: readonly number[] = [];

/** Columns by field number. */
const KNOWN: readonly (Column | undefined)[] = Array.from(
  { length: Math.max(...COLUMNS.map(({ field }) => field)) + 1 },
  (_, field) => COLUMNS.find((column) => column.field === field),
);

/** The fields as they came; a column that came more than once is one, as protobuf has it. */
export class Fields {
  idAt = -1;
  omitted = 0;
  textAt = 0;
  textEnd = 0;
  lengths: readonly number[] = NONE;
  children: readonly number[] = NONE;
  readonly #columns: (readonly number[])[] = KNOWN.map(() => NONE);

  /** The numbers of a column. */
  column({ field }: Column): readonly number[] {
    return this.#columns[field] ?? NONE;
  }

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
      } else if (wireType === BYTES || wireType === VARINT) {
        this.#numbers(field, wireType, reader, limits);
      } else {
        reader.skip(wireType);
      }
    }
    return !reader.malformed && this.omitted <= MAX_COUNT;
  }

  #numbers(field: number, wireType: number, reader: ByteReader, limits: Limits): void {
    if (field === FIELD.lengths) {
      this.lengths = append(this.lengths, wireType, reader, limits.strings);
    } else if (field === FIELD.children) {
      this.children = append(this.children, wireType, reader, limits.nodes);
    } else {
      const column = KNOWN[field];
      if (column === undefined) reader.skip(wireType);
      else {
        const most = mostNumbers(column, limits);
        this.#columns[field] = append(this.#columns[field] ?? NONE, wireType, reader, most);
      }
    }
  }
}

function mostNumbers(column: Column, { nodes, messageBytes }: Limits): number {
  switch (column.shape) {
    case "dense":
      return nodes;
    case "rare":
      return 2 * nodes;
    case "pair":
      return 3 * nodes;
    case "list":
      // Each number takes a byte of the unpacked message, whose lists may be far longer than the value: equal ones pack well.
      return messageBytes;
    default:
      return column satisfies never;
  }
}

/** The numbers so far and those that follow: one, or a packed list. More than `most` are malformed. */
function append(
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
