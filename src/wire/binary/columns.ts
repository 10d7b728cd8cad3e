// The properties of nodes on the wire, one row for each column of `error-tree.proto`: writer and reader follow this table alone.
import { CODES, codeFromNumber } from "../../spans/code.ts";
import type { TreeNode } from "../../tree/tree.ts";
import type { Draft } from "../draft.ts";
import { marksOf, setMarks } from "./marks.ts";
import { KINDS } from "./numbers.ts";

/** The number of a string in the table of strings; 0 for the empty string. */
type NumberOf = (text: string) => number;

/** The strings by number, the empty string first. */
export type Strings = readonly string[];

/** One number for every node. Zeros at the end are left out, unless the column has no gaps. */
export interface DenseColumn {
  readonly field: number;
  readonly shape: "dense";
  /** Every node has its number, so that nobody can claim many nodes with few bytes. */
  readonly gapless?: true;
  readonly write: (node: TreeNode, numberOf: NumberOf) => number;
  /** Sets the property; false if the number can mean nothing. Not called for 0. */
  readonly read: (node: Draft, value: number, strings: Strings) => boolean;
}

/** A group of two numbers for each node that has the property: how many nodes were passed over since the last one, and the number. */
export interface RareColumn {
  readonly field: number;
  readonly shape: "rare";
  readonly write: (node: TreeNode, numberOf: NumberOf) => number | undefined;
  /** Sets the property; false if the number can mean nothing. It is within its bounds. */
  readonly read: (node: Draft, value: number, strings: Strings) => boolean;
}

/** As a rare column, with two numbers in each group. */
export interface PairColumn {
  readonly field: number;
  readonly shape: "pair";
  readonly write: (node: TreeNode) => readonly [number, number] | undefined;
  readonly read: (node: Draft, first: number, second: number) => void;
}

/** As a rare column, with a list of strings: nodes passed over, how many strings, the strings. */
export interface ListColumn {
  readonly field: number;
  readonly shape: "list";
  readonly write: (node: TreeNode) => readonly string[] | undefined;
  readonly read: (node: Draft, texts: readonly string[]) => void;
}

export type Column = DenseColumn | RareColumn | PairColumn | ListColumn;

/** What `outcomes` says beside the code is above these bits. */
const CODE_MASK = 31;
const LARGEST_OUTCOME = 0xffff_ffff;

/** In the order in which they are written. The structure, `children`, is no property: writer and reader have it by hand. */
export const COLUMNS: readonly Column[] = [
  {
    field: 6,
    shape: "dense",
    gapless: true,
    write: (node, numberOf) => numberOf(node.service),
    read: (node, value, strings) => {
      node.service = strings[value] ?? "";
      return value < strings.length;
    },
  },
  {
    field: 7,
    shape: "dense",
    write: (node, numberOf) => numberOf(node.operation),
    read: (node, value, strings) => {
      node.operation = strings[value] ?? "";
      return value < strings.length;
    },
  },
  {
    field: 8,
    shape: "dense",
    write: (node) => CODES[node.code] | marksOf(node),
    read: (node, value) => {
      const code = codeFromNumber(value & CODE_MASK);
      if (code === undefined || value > LARGEST_OUTCOME) return false;
      node.code = code;
      if (value > CODE_MASK) setMarks(node, value);
      return true;
    },
  },
  {
    field: 9,
    shape: "dense",
    write: (node, numberOf) => (node.message === undefined ? 0 : numberOf(node.message)),
    read: (node, value, strings) => {
      const text = strings[value];
      if (text) node.message = text;
      return text !== undefined;
    },
  },
  {
    field: 10,
    shape: "dense",
    write: (node, numberOf) => (node.errorType === undefined ? 0 : numberOf(node.errorType)),
    read: (node, value, strings) => {
      const text = strings[value];
      if (text) node.errorType = text;
      return text !== undefined;
    },
  },
  {
    field: 11,
    shape: "rare",
    write: (node, numberOf) => (node.at ? numberOf(node.at) : undefined),
    read: (node, value, strings) => {
      const text = strings[value];
      if (text) node.at = text;
      return text !== undefined;
    },
  },
  {
    field: 12,
    shape: "rare",
    write: (node, numberOf) => (node.peer ? numberOf(node.peer) : undefined),
    read: (node, value, strings) => {
      const text = strings[value];
      if (text) node.peer = text;
      return text !== undefined;
    },
  },
  {
    field: 13,
    shape: "rare",
    write: (node) => (node.count > 1 ? node.count : undefined),
    read: (node, count) => {
      node.count = count;
      return count >= 1;
    },
  },
  {
    field: 14,
    shape: "rare",
    write: (node) => node.hops || undefined,
    read: (node, hops) => {
      node.hops = hops;
      return hops >= 1;
    },
  },
  {
    field: 15,
    shape: "list",
    write: ({ frames }) => (frames !== undefined && frames.length > 0 ? frames : undefined),
    read: (node, texts) => {
      node.frames = texts;
    },
  },
  {
    field: 16,
    shape: "dense",
    write: (node) => (node.stub === undefined ? 0 : KINDS.indexOf(node.stub.kind)),
    read: (node, value) => {
      const kind = KINDS[value];
      if (kind !== undefined) node.stub = { kind };
      return true;
    },
  },
  {
    field: 17,
    shape: "pair",
    write: ({ stub }) =>
      stub?.startMs === undefined || stub.durationMs === undefined
        ? undefined
        : [stub.startMs, stub.durationMs],
    read: (node, startMs, durationMs) => {
      // Without a kind there is nothing to be written.
      if (node.stub !== undefined) node.stub = { kind: node.stub.kind, startMs, durationMs };
    },
  },
  {
    field: 18,
    shape: "rare",
    write: (node) => node.pendingMs,
    read: (node, pendingMs) => {
      node.pendingMs = pendingMs;
      return true;
    },
  },
  {
    field: 21,
    shape: "list",
    write: ({ causes }) => (causes !== undefined && causes.length > 0 ? causes : undefined),
    read: (node, texts) => {
      node.causes = texts;
    },
  },
  {
    field: 22,
    shape: "rare",
    write: (node) => node.attempt || undefined,
    read: (node, attempt) => {
      node.attempt = attempt;
      return attempt >= 1;
    },
  },
];
