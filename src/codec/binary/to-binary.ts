// Writes a tree in the binary format of `error-tree.proto`.
import { CODES } from "../../model/code.ts";
import type { ErrorTree, TreeNode } from "../../model/tree.ts";
import { cutText, type Limits, MAX_COUNT, MAX_EXPANSION } from "../limits.ts";
import { Lz4Packer } from "./lz4.ts";
import {
  ABANDONED,
  BYTES,
  EXPORTED,
  FIELD,
  KINDS,
  MIXED,
  OPAQUE,
  OWN,
  PENDING,
  SURVIVED,
  UNANSWERED,
  UNSURE,
  VARINT,
  WAY,
} from "./numbers.ts";

/** Shorter texts are never worth a block. */
const SHORTEST_BLOCK = 32;
/** Bytes that a number takes at most. */
const LONGEST_VARINT = 10;
/** Numbers that a node can have, its frames aside. */
const RARE_PER_NODE = 20;
/** Id and `omitted`, and the tags and lengths of all columns. */
const HEAD_BYTES = 256;

/** Writes trees one after the other; what it works with is made once. */
export class BinaryWriter {
  readonly #limits: Limits;
  readonly #packer = new Lz4Packer();
  /** What is written; grows up to the largest answer. */
  #out: Buffer = Buffer.allocUnsafe(0);
  #at = 0;
  #text: Buffer = Buffer.allocUnsafe(0);
  // One column of each per node, filled again for every tree.
  readonly #lengths: number[] = [];
  readonly #children: number[] = [];
  readonly #services: number[] = [];
  readonly #operations: number[] = [];
  readonly #outcomes: number[] = [];
  readonly #messages: number[] = [];
  readonly #errorTypes: number[] = [];
  readonly #insides: number[] = [];
  readonly #peers: number[] = [];
  readonly #counts: number[] = [];
  readonly #hops: number[] = [];
  readonly #frames: number[] = [];
  readonly #kinds: number[] = [];
  readonly #times: number[] = [];
  readonly #pendingMs: number[] = [];
  readonly #strings = new Map<string, number>();
  /** All strings so far, as one. */
  #all = "";
  #textBytes = 0;

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
    if (!this.#gather(tree.root, bytes) || !this.#gatherText(bytes)) return undefined;
    this.#makeRoom(bytes);
    if (id !== undefined) {
      this.#tag(FIELD.id, BYTES);
      this.#out[this.#at++] = 8;
      this.#at += this.#out.write(id, this.#at, 8, "hex");
    }
    if (tree.omitted > 0) this.#number(FIELD.omitted, Math.min(tree.omitted, MAX_COUNT));
    const fits =
      this.#writeText(bytes) &&
      this.#packed(FIELD.lengths, this.#lengths, bytes) &&
      this.#column(FIELD.children, this.#children, bytes) &&
      this.#packed(FIELD.services, this.#services, bytes) &&
      this.#column(FIELD.operations, this.#operations, bytes) &&
      this.#column(FIELD.outcomes, this.#outcomes, bytes) &&
      this.#column(FIELD.messages, this.#messages, bytes) &&
      this.#column(FIELD.errorTypes, this.#errorTypes, bytes) &&
      this.#packed(FIELD.at, this.#insides, bytes) &&
      this.#packed(FIELD.peers, this.#peers, bytes) &&
      this.#packed(FIELD.counts, this.#counts, bytes) &&
      this.#packed(FIELD.hops, this.#hops, bytes) &&
      this.#packed(FIELD.frames, this.#frames, bytes) &&
      this.#column(FIELD.kinds, this.#kinds, bytes) &&
      this.#packed(FIELD.times, this.#times, bytes) &&
      this.#packed(FIELD.pendingMs, this.#pendingMs, bytes);
    return fits && this.#at <= bytes ? this.#out.subarray(0, this.#at) : undefined;
  }

  #reset(): void {
    this.#lengths.length = 0;
    this.#children.length = 0;
    this.#services.length = 0;
    this.#operations.length = 0;
    this.#outcomes.length = 0;
    this.#messages.length = 0;
    this.#errorTypes.length = 0;
    this.#insides.length = 0;
    this.#peers.length = 0;
    this.#counts.length = 0;
    this.#hops.length = 0;
    this.#frames.length = 0;
    this.#kinds.length = 0;
    this.#times.length = 0;
    this.#pendingMs.length = 0;
    this.#strings.clear();
    this.#all = "";
  }

  /** What is written at most, and the head, which is written without a look. */
  #makeRoom(bytes: number): void {
    this.#at = 0;
    let numbers = this.#lengths.length + RARE_PER_NODE * this.#children.length;
    numbers += this.#frames.length;
    const most = Math.min(bytes, this.#textBytes + LONGEST_VARINT * numbers) + HEAD_BYTES;
    if (this.#out.length < most) this.#out = Buffer.allocUnsafe(most);
  }

  /** Fills the columns; false past a limit, or where two numbers for each node already have no room. */
  #gather(root: TreeNode, bytes: number): boolean {
    const { nodes: mostNodes, depth: mostDepth, strings: mostStrings } = this.#limits;
    const most = Math.min(mostNodes, bytes >> 1);
    const todo: TreeNode[] = [root];
    const depths: number[] = [1];
    // How many nodes have passed since the last one with a rare property.
    let inside = 0;
    let peer = 0;
    let count = 0;
    let hop = 0;
    let frame = 0;
    let time = 0;
    let wait = 0;
    for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
      const depth = depths.pop() as number;
      const { children, outline, frames } = node;
      if (depth > mostDepth || this.#strings.size > mostStrings) return false;
      // A list of 10,000 siblings need not be walked to see that it is too long.
      if (this.#children.length + todo.length + children.length >= most) return false;
      this.#children.push(children.length);
      this.#services.push(this.#string(node.service));
      this.#operations.push(this.#string(node.operation));
      this.#outcomes.push(outcomeOf(node));
      this.#messages.push(node.message === undefined ? 0 : this.#string(node.message));
      this.#errorTypes.push(node.errorType === undefined ? 0 : this.#string(node.errorType));
      this.#kinds.push(outline === undefined ? 0 : KINDS.indexOf(outline.kind));
      inside = node.at ? rare(this.#insides, inside, this.#string(node.at)) : inside + 1;
      peer = node.peer ? rare(this.#peers, peer, this.#string(node.peer)) : peer + 1;
      count = node.count > 1 ? rare(this.#counts, count, node.count) : count + 1;
      hop = node.hops ? rare(this.#hops, hop, node.hops) : hop + 1;
      if (frames === undefined || frames.length === 0) {
        frame++;
      } else {
        frame = rare(this.#frames, frame, frames.length);
        for (const text of frames) this.#frames.push(this.#string(text));
      }
      if (outline?.startMs === undefined || outline.durationMs === undefined) {
        time++;
      } else {
        time = rare(this.#times, time, outline.startMs);
        this.#times.push(Math.min(outline.durationMs, MAX_COUNT));
      }
      wait = node.pendingMs === undefined ? wait + 1 : rare(this.#pendingMs, wait, node.pendingMs);
      for (let i = children.length - 1; i >= 0; i--) {
        todo.push(children[i] as TreeNode);
        depths.push(depth + 1);
      }
    }
    return this.#strings.size <= mostStrings;
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

  /** The text as bytes, and the lengths of its strings in bytes; false where no block of `bytes` could hold it. */
  #gatherText(bytes: number): boolean {
    if (this.#all.length > bytes * MAX_EXPANSION) return false;
    if (this.#text.length < this.#all.length * 3) this.#text = Buffer.allocUnsafe(this.#all.length * 3);
    this.#textBytes = this.#text.write(this.#all, 0, "utf8");
    if (this.#textBytes === this.#all.length) return true;
    // One by one: two halves of a surrogate pair at the borders of two strings must not become one character.
    let at = 0;
    let i = 0;
    for (const text of this.#strings.keys()) {
      const length = this.#text.write(cutText(text, this.#limits.stringChars), at, "utf8");
      this.#lengths[i++] = length;
      at += length;
    }
    this.#textBytes = at;
    return true;
  }

  #writeText(bytes: number): boolean {
    const size = this.#textBytes;
    if (size === 0) return true;
    const out = this.#out;
    // Behind the tag and the longest length that this text can have.
    const start = this.#at + 1 + varintBytes(size);
    const packed = size < SHORTEST_BLOCK ? 0 : this.#packer.pack(this.#text, size, out, start);
    const length = packed > 0 && size <= packed * MAX_EXPANSION ? packed : size;
    if (start + length > bytes) return false;
    this.#tag(FIELD.text, BYTES);
    this.#varint(length);
    if (length === size) this.#text.copy(out, this.#at, 0, size);
    else if (this.#at !== start) out.copyWithin(this.#at, start, start + length);
    this.#at += length;
    if (length !== size) this.#number(FIELD.textBytes, size);
    return true;
  }

  /** A column without the zeros at its end; false where it has no room. */
  #column(field: number, values: number[], bytes: number): boolean {
    let count = values.length;
    while (count > 0 && values[count - 1] === 0) count--;
    values.length = count;
    return this.#packed(field, values, bytes);
  }

  /** A packed list; nothing where it is empty; false where it has no room. */
  #packed(field: number, values: readonly number[], bytes: number): boolean {
    const count = values.length;
    if (count === 0) return true;
    let length = 0;
    for (let i = 0; i < count; i++) length += varintBytes(values[i] as number);
    if (this.#at + length + 2 > bytes) return false;
    this.#tag(field, BYTES);
    this.#varint(length);
    for (let i = 0; i < count; i++) this.#varint(values[i] as number);
    return true;
  }

  #number(field: number, value: number): void {
    this.#tag(field, VARINT);
    this.#varint(value);
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

/** Puts a group's first two numbers into its column; returns 0, the nodes passed over since. */
function rare(column: number[], passedOver: number, value: number): 0 {
  column.push(passedOver, Math.min(value, MAX_COUNT));
  return 0;
}

function outcomeOf(node: TreeNode): number {
  return (
    CODES[node.code] |
    (node.exported ? EXPORTED : 0) |
    (node.survived ? SURVIVED : 0) |
    (node.unanswered ? UNANSWERED : 0) |
    (node.opaque ? OPAQUE : 0) |
    (node.abandoned ? ABANDONED : 0) |
    (node.mixed ? MIXED : 0) |
    (node.own ? OWN : 0) |
    (node.unsure ? UNSURE : 0) |
    (node.pending ? PENDING : 0) |
    (node.way ? WAY : 0)
  );
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  let bytes = 1;
  for (let rest = value; rest >= 128 && bytes < LONGEST_VARINT; bytes++) rest = Math.floor(rest / 128);
  return bytes;
}
