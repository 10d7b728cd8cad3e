// The golden vectors in `test/vectors/*.json`: what they say, and the codec's word on each.
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import type { ErrorTree as Tree, TreeNode } from "../../../src/tree/tree.ts";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import type { Answer, Ask, ByteBudget } from "../../../src/wire/messages.ts";
import { ErrorTreeSchema } from "./generated/error-tree_pb.ts";

/** The form of an answer, and the file that holds its vectors; `tolerated` ones are read, but never written. */
export const FILES = ["binary", "minimal", "json", "tolerated", "malformed"] as const;
export type VectorFile = (typeof FILES)[number];

/** One answer: what it says, how it is written, and how a reader takes it. */
export interface Vector {
  readonly name: string;
  /** What it is an example of. */
  readonly about: string;
  /** Id of the ask; absent where a person asked. */
  readonly id?: string;
  /** What the answer says; absent where it is malformed, or not ours. */
  readonly outcome?: VectorOutcome;
  /** Instead of an outcome. */
  readonly expected?: "malformed" | "foreign";
  /** The fields of the message that say something, bytes in hex. */
  readonly fields?: Fields;
  /** The bytes of the message. */
  readonly hex?: string;
  /** The value of the field. */
  readonly header?: string;
}

/** The fields of a message by name. */
export type Fields = Readonly<Record<string, string | number | readonly number[]>>;

/** An outcome whose tree says neither trace nor parent: they are the request's. */
interface VectorOutcome extends Omit<Answer, "tree"> {
  readonly tree?: { readonly root: TreeNode; readonly omitted: number };
}

export const VECTORS_FOLDER: URL = new URL("../../vectors/", import.meta.url);

const codec = createAnswerCodec();

/** The vectors of a file. */
export function readVectors(file: VectorFile): readonly Vector[] {
  return JSON.parse(readFileSync(new URL(`${file}.json`, VECTORS_FOLDER), "utf8")) as Vector[];
}

/** The header of an outcome as the codec writes it in the form of this file. */
export function writeVector(file: VectorFile, { id, outcome }: Vector): string | undefined {
  if (outcome === undefined) return undefined;
  const ask: Ask = { json: file === "json", ...(id === undefined ? undefined : { id }) };
  const room: ByteBudget = { treeBytes: file === "minimal" ? 0 : 2048, minimalBytes: 64 };
  return codec.encode(withTree(outcome, undefined), ask, room)?.value;
}

/** What the codec reads in the header. */
export function readVector({ header = "", id }: Vector, operation = ""): Answer | "malformed" | "foreign" {
  return codec.decode(header, id, operation);
}

/** What a reader must make of the vector. */
export function expectedOf({ outcome, expected, id }: Vector): Answer | "malformed" | "foreign" {
  if (outcome !== undefined) return withTree(outcome, id);
  return expected ?? "malformed";
}

function withTree({ tree, ...outcome }: VectorOutcome, id: string | undefined): Answer {
  if (tree === undefined) return outcome;
  const parent = id === undefined ? undefined : { parentSpanId: id };
  return { ...outcome, tree: { traceId: "", ...tree, ...parent } satisfies Tree };
}

/** The message between the colons of a header, as hex. */
export function hexOf(header: string): string | undefined {
  const base64 = /^:([^:]*):/.exec(header)?.[1];
  return base64 === undefined ? undefined : inflateRawSync(Buffer.from(base64, "base64")).toString("hex");
}

/** The fields in bytes that a protobuf library can read. */
export function fieldsOf(hex: string): Fields {
  const message = fromBinary(ErrorTreeSchema, Buffer.from(hex, "hex"));
  const fields: Record<string, string | number | readonly number[]> = {};
  for (const { localName, name } of ErrorTreeSchema.fields) {
    const value = message[localName as "id" | "omitted" | "lengths"];
    if (value instanceof Uint8Array) {
      if (value.length > 0) fields[name] = Buffer.from(value).toString("hex");
    } else if (Array.isArray(value)) {
      if (value.length > 0) fields[name] = value.map(Number);
    } else if (Number(value) !== 0) {
      fields[name] = Number(value);
    }
  }
  return fields;
}

/** The text of a file: each property of a vector on a line of its own. */
export function formatVectors(vectors: readonly Vector[]): string {
  const entries = vectors.map(({ name, about, id, outcome, expected, fields, hex, header }) => {
    const ordered = { name, about, id, expected, outcome, fields, hex, header };
    const lines = Object.entries(ordered).filter(([, value]) => value !== undefined);
    return `  {\n${lines.map(([key, value]) => `    ${JSON.stringify(key)}: ${spaced(value)}`).join(",\n")}\n  }`;
  });
  return `[\n${entries.join(",\n")}\n]\n`;
}

/** JSON on one line, with a space behind each comma and colon. */
function spaced(value: unknown): string {
  return JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, " ");
}
