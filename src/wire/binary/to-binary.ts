// Writes a tree in the binary format of `error-tree.proto`.
import type { ErrorTree, TreeNode } from "../../tree/tree.ts";
import { cutText, type Limits, MAX_COUNT } from "../limits.ts";
import { COLUMNS, type Column, type DenseColumn } from "./columns.ts";
import { BYTES, FIELD, VARINT } from "./numbers.ts";

/** Bytes that a number takes at most. */
const LONGEST_VARINT = 10;
/** Id and `omitted`, and the tags and lengths of all columns. */
const HEAD_BYTES = 256;

/** Writes trees one after the other; what it works with is made once. */
export class BinaryWriter {
  readonly #limits: Limits;
  /** What is written; grows up to the largest message. */
  #out: Buffer = Buffer.allocUnsafe(0);
  #at = 0;
  #text: Buffer = Buffer.allocUnsafe(0);
  #textBytes = 0;
  /** Bytes of each string. */
  readonly #lengths: number[] = [];
  readonly #children: number[] = [];
  /** The numbers of each column, filled again for every tree. */
  readonly #columns: number[][] = COLUMNS.map(() => []);
  /** In preorder. */
  readonly #nodes: TreeNode[] = [];
  readonly #strings = new Map<string, number>();
  /** All strings so far, as one. */
  #all = "";
  /** Numbers in all columns. */
  #numbers = 0;
  readonly #numberOf = (text: string): number => this.#string(text);

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * The tree in binary, answering the ask `id` (16 hex digits), in at most `bytes`: a view that holds until the next
   * tree is written. Strings are cut to the limit, lone surrogates become U+FFFD. `undefined`: longer than `bytes`, or
   * past a limit; found out without writing the rest. Iterative.
   */
  write(tree: ErrorTree, id: string | undefined, bytes: number): Buffer | undefined {
    this.#reset();
    if (!this.#gather(tree.root, bytes) || this.#all.length > bytes) return undefined;
    this.#encodeText();
    if (this.#textBytes + this.#numbers > bytes) return undefined;
    this.#makeRoom();
    if (id !== undefined) {
      this.#tag(FIELD.id, BYTES);
      this.#out[this.#at++] = 8;
      this.#at += this.#out.write(id, this.#at, 8, "hex");
    }
    if (tree.omitted > 0) {
      this.#tag(FIELD.omitted, VARINT);
      this.#varint(Math.min(tree.omitted, MAX_COUNT));
    }
    if (this.#textBytes > 0) {
      this.#tag(FIELD.text, BYTES);
      this.#varint(this.#textBytes);
      this.#at += this.#text.copy(this.#out, this.#at, 0, this.#textBytes);
    }
    this.#packed(FIELD.lengths, this.#lengths, this.#lengths.length);
    this.#packed(FIELD.children, this.#children, withoutZeros(this.#children));
    for (let i = 0; i < COLUMNS.length; i++) {
      const column = COLUMNS[i] as Column;
      const numbers = this.#columns[i] as number[];
      const gaps = column.shape === "dense" && column.gapless !== true;
      this.#packed(column.field, numbers, gaps ? withoutZeros(numbers) : numbers.length);
    }
    return this.#at <= bytes ? this.#out.subarray(0, this.#at) : undefined;
  }

  #reset(): void {
    this.#at = 0;
    this.#all = "";
    this.#numbers = 0;
    this.#strings.clear();
    this.#lengths.length = 0;
    this.#children.length = 0;
    this.#nodes.length = 0;
    for (let i = 0; i < COLUMNS.length; i++) {
      (this.#columns[i] as number[]).length = 0;
    }
  }

  /** What is written at most: it is written without a look at the room that is left. */
  #makeRoom(): void {
    const numbers = this.#lengths.length + this.#children.length + this.#numbers;
    const most = HEAD_BYTES + this.#textBytes + LONGEST_VARINT * numbers;
    if (this.#out.length < most) this.#out = Buffer.allocUnsafe(most);
  }

  /** Fills the columns; false past a limit, or if the numbers of the nodes so far already have no room. */
  #gather(root: TreeNode, bytes: number): boolean {
    const { nodes: mostNodes, depth: mostDepth, strings: mostStrings } = this.#limits;
    const most = Math.min(mostNodes, bytes / 2);
    const todo: TreeNode[] = [root];
    const depths: number[] = [1];
    for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
      const depth = depths.pop() as number;
      const { children } = node;
      if (depth > mostDepth || this.#strings.size > mostStrings) return false;
      // A list of 10,000 siblings need not be walked to see that it is too long.
      if (this.#children.length + todo.length + children.length >= most) return false;
      this.#nodes.push(node);
      this.#children.push(children.length);
      for (let i = children.length - 1; i >= 0; i--) {
        todo.push(children[i] as TreeNode);
        depths.push(depth + 1);
      }
    }
    for (let i = 0; i < COLUMNS.length; i++) {
      const column = COLUMNS[i] as Column;
      const numbers = this.#columns[i] as number[];
      if (column.shape === "dense") this.#dense(column, numbers);
      else this.#rare(column, numbers);
      this.#numbers += numbers.length;
      if (this.#strings.size > mostStrings) return false;
    }
    return true;
  }

  #dense({ write }: DenseColumn, numbers: number[]): void {
    const nodes = this.#nodes;
    for (let i = 0; i < nodes.length; i++) numbers.push(write(nodes[i] as TreeNode, this.#numberOf));
  }

  #rare(column: Exclude<Column, DenseColumn>, numbers: number[]): void {
    const nodes = this.#nodes;
    const { shape, write } = column;
    let passed = 0;
    for (let i = 0; i < nodes.length; i++) {
      const value = write(nodes[i] as TreeNode, this.#numberOf);
      if (value === undefined) {
        passed++;
        continue;
      }
      numbers.push(passed);
      passed = 0;
      if (typeof value === "number") {
        numbers.push(Math.min(value, MAX_COUNT));
        continue;
      }
      if (shape === "list") numbers.push(value.length);
      for (const one of value) {
        numbers.push(typeof one === "string" ? this.#string(one) : Math.min(one, MAX_COUNT));
      }
    }
  }

  /** The number of a string in the table. */
  #string(text: string): number {
    if (text === "") return 0;
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const number = this.#strings.size + 1;
    this.#strings.set(text, number);
    const cut = cutText(text, this.#limits.stringChars);
    this.#all += cut;
    this.#lengths.push(cut.length);
    return number;
  }

  /** The text as bytes, and the lengths of its strings in bytes. */
  #encodeText(): void {
    if (this.#text.length < this.#all.length * 3) this.#text = Buffer.allocUnsafe(this.#all.length * 3);
    this.#textBytes = this.#text.write(this.#all, 0, "utf8");
    if (this.#textBytes === this.#all.length) return;
    // One by one: two halves of a surrogate pair at the borders of two strings must not become one character.
    let at = 0;
    let i = 0;
    for (const text of this.#strings.keys()) {
      const length = this.#text.write(cutText(text, this.#limits.stringChars), at, "utf8");
      this.#lengths[i++] = length;
      at += length;
    }
    this.#textBytes = at;
  }

  /** The first `count` numbers as a packed list; nothing if there are none. */
  #packed(field: number, values: readonly number[], count: number): void {
    if (count === 0) return;
    let length = 0;
    for (let i = 0; i < count; i++) length += varintBytes(values[i] as number);
    this.#tag(field, BYTES);
    this.#varint(length);
    for (let i = 0; i < count; i++) this.#varint(values[i] as number);
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#out[this.#at++] = (rest % 128) | 128;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 128);
    }
    this.#out[this.#at++] = rest;
  }
}

/** How many numbers there are without the zeros at the end. */
function withoutZeros(values: readonly number[]): number {
  let count = values.length;
  while (count > 0 && values[count - 1] === 0) count--;
  return count;
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  let bytes = 1;
  for (let rest = value; rest >= 128 && bytes < LONGEST_VARINT; bytes++) rest = Math.floor(rest / 128);
  return bytes;
}
