// From a tree to the message of a protobuf library, written from the comments of the `.proto` alone.
import { create } from "@bufbuild/protobuf";
import { CODES } from "../../../src/spans/code.ts";
import type { SpanKindName } from "../../../src/spans/otel.ts";
import type { SpanStub, TreeNode } from "../../../src/tree/tree.ts";
import { type Expanded, KINDS, MARKS } from "./expand.ts";
import { type ErrorTree, ErrorTreeSchema } from "./generated/error-tree_pb.ts";

/** The message of a tree. */
export function messageOf({ id, omitted, root }: Expanded): ErrorTree {
  const strings: string[] = [];
  const text = (string = ""): number => {
    if (string !== "" && !strings.includes(string)) strings.push(string);
    return strings.indexOf(string) + 1;
  };
  const nodes = preorder(root);
  const rare = (values: (node: TreeNode) => readonly number[] | undefined): number[] => {
    let over = 0;
    return nodes.flatMap((node) => {
      const numbers = values(node);
      if (numbers === undefined) {
        over++;
        return [];
      }
      const group = [over, ...numbers];
      over = 0;
      return group;
    });
  };
  const bits = (node: TreeNode): number =>
    MARKS.reduce<number>((sum, mark, bit) => sum + (node[mark] ? 2 ** (5 + bit) : 0), CODES[node.code]);
  const columns = {
    children: nodes.map((node) => node.children.length),
    services: nodes.map((node) => text(node.service)),
    operations: nodes.map((node) => text(node.operation)),
    outcomes: nodes.map(bits),
    messages: nodes.map((node) => text(node.message)),
    errorTypes: nodes.map((node) => text(node.errorType)),
    at: rare((node) => (node.at ? [text(node.at)] : undefined)),
    peers: rare((node) => (node.peer ? [text(node.peer)] : undefined)),
    counts: rare((node) => (node.count > 1 ? [node.count] : undefined)).map(BigInt),
    hops: rare((node) => (node.hops ? [node.hops] : undefined)).map(BigInt),
    frames: rare((node) => (node.frames ? [node.frames.length, ...node.frames.map(text)] : undefined)),
    causes: rare((node) => (node.causes ? [node.causes.length, ...node.causes.map(text)] : undefined)),
    attempts: rare(({ attempt }) => (attempt === undefined ? undefined : [attempt])).map(BigInt),
    kinds: nodes.map((node) => KINDS.indexOf(node.stub?.kind as SpanKindName) + 1),
    times: rare(({ stub: { startMs, durationMs } = {} as Partial<SpanStub> }) =>
      startMs === undefined || durationMs === undefined ? undefined : [startMs, durationMs],
    ).map(BigInt),
    pendingMs: rare(({ pendingMs }) => (pendingMs === undefined ? undefined : [pendingMs])).map(BigInt),
  };
  return create(ErrorTreeSchema, {
    ...columns,
    id: Uint8Array.from(Buffer.from(id ?? "", "hex")),
    omitted: BigInt(omitted),
    text: Uint8Array.from(Buffer.from(strings.join(""))),
    lengths: strings.map((string) => Buffer.byteLength(string)),
  });
}

function preorder(node: TreeNode): TreeNode[] {
  return [node, ...node.children.flatMap(preorder)];
}
