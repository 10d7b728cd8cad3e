// Answers with as many nodes as one header value holds, made once and given an id for each ask.
import { deflateRawSync } from "node:zlib";
import { toBinary } from "@bufbuild/protobuf";
import { CODES } from "../../../src/spans/code.ts";
import type { TreeNode } from "../../../src/tree/tree.ts";
import { ErrorTreeSchema } from "../../support/wire/generated/error-tree_pb.ts";
import { messageOf } from "../../support/wire/message.ts";

const PLACE = "a5c3f00d5eed1e55";
const FAILURES = (Object.keys(CODES) as TreeNode["code"][]).filter((code) => code !== "ok");
/** Replaced in each answer: no two callees are alike. */
const CALLEE = "c0000";
let answers = 0;
const SERVER = 2;
const KINDS = 1_000;
const made = new Map<number, Buffer>();

/** The value of an answer whose tree has so many nodes, no two siblings alike, and no two of one number of nodes. */
export function treeValue(nodes: number, id: string): string {
  let bytes = made.get(nodes);
  if (bytes === undefined) {
    bytes = bytesOf(nodes);
    made.set(nodes, bytes);
  }
  const own = Buffer.from(bytes);
  own.write(`c${String(answers++ % 10_000).padStart(4, "0")}`, own.indexOf(CALLEE));
  own.set(Buffer.from(id, "hex"), own.indexOf(Buffer.from(PLACE, "hex")));
  return `:${deflateRawSync(own).toString("base64")}:;v=1`;
}

function bytesOf(nodes: number): Buffer {
  const children = Array.from({ length: nodes - 1 }, (_, i) =>
    leaf(`s${Math.floor(i / FAILURES.length)}`, FAILURES[i % FAILURES.length] ?? "internal"),
  );
  const root: TreeNode = { ...leaf(CALLEE, "unavailable"), children };
  const message = messageOf({ id: PLACE, omitted: 0, root });
  // Whoever exports writes a span for each of these.
  message.kinds = message.children.slice(0, KINDS).map(() => SERVER);
  // What a column ends with may be left out where it is 0.
  for (const column of [
    message.children,
    message.operations,
    message.messages,
    message.errorTypes,
    message.kinds,
  ]) {
    while (column.length > 0 && column.at(-1) === 0) column.pop();
  }
  return Buffer.from(toBinary(ErrorTreeSchema, message));
}

function leaf(service: string, code: TreeNode["code"]): TreeNode {
  return { service, operation: "", code, count: 1, children: [] };
}
