// Writes a tree in the binary format of `error-tree.proto`.
import type { ErrorTree, TreeNode } from "../../tree/tree.ts";
import { cutText, type Limits, MAX_COUNT } from "../limits.ts";
import { ByteWriter } from "./byte-writer.ts";
import { COLUMNS, type Column, type DenseColumn } from "./columns.ts";
import { FIELD, VARINT } from "./numbers.ts";

const FEW_NODES = 8;

/** Writes trees one after the other; what it works with is made once. */
export class BinaryWriter {
  readonly #limits: Limits;
  readonly #out = new ByteWriter();
  /** The columns, which stand behind the text that they refer to. */
  readonly #body = new ByteWriter();
  #text: Buffer = Buffer.allocUnsafe(256);
  /** In preorder. */
  readonly #nodes: TreeNode[] = [];
  /** How many children each node has. */
  readonly #children: number[] = [];
  readonly #strings = new Map<string, number>();
  /** Bytes of each string. */
  readonly #lengths: number[] = [];
  /** All strings so far, as one. */
  #all = "";
  /** The numbers of one column, and how many they are: an array that is emptied would have to grow again. */
  readonly #values: number[] = [];
  #count = 0;
  readonly #numberOf = (text: string): number => this.#string(text);

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** True if what was written last hardly repeats itself: few nodes without stack frames, whose paths begin alike. */
  get isTerse(): boolean {
    return this.#nodes.length <= FEW_NODES && this.#nodes.every(({ frames }) => frames === undefined);
  }

  /**
   * The tree in binary, answering the ask `id` (16 hex digits), in at most `bytes`: a view that holds until the next
   * tree is written. Strings are cut to the limit, lone surrogates become U+FFFD. `undefined`: longer than `bytes`, or
   * past a limit; found out without writing the rest. Iterative.
   */
  write(tree: ErrorTree, id: string | undefined, bytes: number): Buffer | undefined {
    this.#strings.clear();
    this.#all = "";
    if (!this.#gather(tree.root, bytes) || !this.#writeColumns(bytes)) return undefined;
    const text = this.#encodedText();
    if (text.length + this.#body.at > bytes) return undefined;
    const out = this.#out;
    out.at = 0;
    if (id !== undefined) out.id(FIELD.id, id);
    if (tree.omitted > 0) {
      out.reserve(0);
      out.tag(FIELD.omitted, VARINT);
      out.varint(Math.min(tree.omitted, MAX_COUNT));
    }
    if (text.length > 0) out.field(FIELD.text, text);
    out.packed(FIELD.lengths, this.#lengths, this.#strings.size);
    out.packed(FIELD.children, this.#children, withoutZeros(this.#children, this.#nodes.length));
    out.append(this.#body.written);
    return out.at <= bytes ? out.written : undefined;
  }

  /** Lists the nodes; false past a limit, or if the numbers of the nodes so far already have no room. */
  #gather(root: TreeNode, bytes: number): boolean {
    const { nodes: mostNodes, depth: mostDepth } = this.#limits;
    const most = Math.min(mostNodes, bytes / 2);
    const nodes = this.#nodes;
    nodes.length = 0;
    const todo: TreeNode[] = [root];
    const depths: number[] = [1];
    for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
      const depth = depths.pop() as number;
      const { children } = node;
      if (depth > mostDepth) return false;
      // A list of 10,000 siblings need not be walked to see that it is too long.
      if (nodes.length + todo.length + children.length >= most) return false;
      this.#children[nodes.length] = children.length;
      nodes.push(node);
      for (let i = children.length - 1; i >= 0; i--) {
        todo.push(children[i] as TreeNode);
        depths.push(depth + 1);
      }
    }
    return true;
  }

  /** False past a limit, or if there is no room. */
  #writeColumns(bytes: number): boolean {
    const { strings, valueBytes } = this.#limits;
    const body = this.#body;
    body.at = 0;
    for (let i = 0; i < COLUMNS.length; i++) {
      const column = COLUMNS[i] as Column;
      this.#count = 0;
      if (column.shape === "dense") this.#dense(column);
      else this.#rare(column);
      // We read more, but earlier versions take a message with more numbers of frames or causes as malformed.
      if (column.shape === "list" && this.#count > valueBytes) return false;
      body.packed(column.field, this.#values, this.#count);
      if (this.#strings.size > strings || body.at + this.#all.length > bytes) return false;
    }
    return true;
  }

  #dense({ write, gapless }: DenseColumn): void {
    const nodes = this.#nodes;
    const values = this.#values;
    for (let i = 0; i < nodes.length; i++) values[i] = write(nodes[i] as TreeNode, this.#numberOf);
    this.#count = gapless ? nodes.length : withoutZeros(values, nodes.length);
  }

  #rare(column: Exclude<Column, DenseColumn>): void {
    const nodes = this.#nodes;
    const { shape, write } = column;
    let passed = 0;
    for (let i = 0; i < nodes.length; i++) {
      const value = write(nodes[i] as TreeNode, this.#numberOf);
      if (value === undefined) {
        passed++;
        continue;
      }
      this.#add(passed);
      passed = 0;
      if (typeof value === "number") {
        this.#add(Math.min(value, MAX_COUNT));
        continue;
      }
      if (shape === "list") this.#add(value.length);
      for (const one of value)
        this.#add(typeof one === "string" ? this.#string(one) : Math.min(one, MAX_COUNT));
    }
  }

  #add(value: number): void {
    this.#values[this.#count++] = value;
  }

  /** The number of a string in the table. */
  #string(text: string): number {
    if (text === "") return 0;
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const cut = cutText(text, this.#limits.stringChars);
    this.#lengths[this.#strings.size] = cut.length;
    this.#all += cut;
    const number = this.#strings.size + 1;
    this.#strings.set(text, number);
    return number;
  }

  /** The text as bytes; now the lengths of its strings are in bytes, too. */
  #encodedText(): Buffer {
    if (this.#text.length < this.#all.length * 3) this.#text = Buffer.allocUnsafe(this.#all.length * 3);
    const bytes = this.#text.write(this.#all, 0, "utf8");
    if (bytes === this.#all.length) return this.#text.subarray(0, bytes);
    // One by one: two halves of a surrogate pair at the borders of two strings must not become one character.
    let at = 0;
    let i = 0;
    for (const text of this.#strings.keys()) {
      const length = this.#text.write(cutText(text, this.#limits.stringChars), at, "utf8");
      this.#lengths[i++] = length;
      at += length;
    }
    return this.#text.subarray(0, at);
  }
}

/** How many of the first `count` numbers there are without the zeros at the end. */
function withoutZeros(values: readonly number[], count: number): number {
  let left = count;
  while (left > 0 && values[left - 1] === 0) left--;
  return left;
}
