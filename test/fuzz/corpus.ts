// Values that are fine, from which the wild ones are made.
import { toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import type { TreeNode } from "../../src/tree/tree.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { Answer } from "../../src/wire/messages.ts";
import type { Expanded } from "../support/wire/expand.ts";
import { ErrorTreeSchema } from "../support/wire/generated/error-tree_pb.ts";
import { messageOf } from "../support/wire/message.ts";
import { readVectors, type VectorFile } from "../support/wire/vectors.ts";
import { asRead, ID, wireTrees } from "../support/wire/wire-trees.ts";
import { fieldsOfMessage, type WildField } from "./wild.ts";

/** A larger message has no room in a value. */
const MOST_BYTES = 1400;

/** What the targets start from: the golden vectors, and trees that are the same for every seed. */
export interface Corpus {
  readonly values: readonly string[];
  readonly json: readonly string[];
  readonly minimal: readonly string[];
  readonly asks: readonly string[];
  /** Valid trees as the fields of their messages. */
  readonly messages: readonly WildField[][];
}

export function createCorpus(): Corpus {
  const codec = createAnswerCodec();
  const trees = fc.sample(wireTrees({ depth: 4, width: 3 }), { numRuns: 200, seed: 1 }).map(asRead);
  const encoded = (tree: Expanded, json: boolean): string => {
    const ask = { id: ID, json };
    return codec.encode(outcomeOf(tree), ask, { treeBytes: 2048, minimalBytes: 64 })?.value ?? "";
  };
  const headers = (file: VectorFile): string[] => readVectors(file).map(({ header = "" }) => header);
  const others = [...headers("tolerated"), ...headers("malformed")];
  return {
    values: [...headers("binary"), ...others, ...trees.map((tree) => encoded(tree, false))].filter((v) =>
      v.startsWith(":"),
    ),
    json: [...headers("json"), ...others, ...trees.map((tree) => encoded(tree, true))].filter((v) =>
      v.startsWith("{"),
    ),
    minimal: [...headers("minimal"), ...others].filter((v) => /^[a-z]/.test(v)),
    asks: [
      `v=1, id="${ID}", from="checkout"`,
      `v=1, id="${ID}", from="say \\"no\\" \\\\", k="main:c29tZSB0b2tlbg"`,
      "v=1, f=json",
      `id="${ID}";a=1;b, v=1, f=json, from="x", later=(1 2 "three";a);b, bytes=:AAAA:, date=@1, text=%"a%c3%a9"`,
    ],
    messages: trees.flatMap((tree) => {
      const message = messageOf(tree);
      return toBinary(ErrorTreeSchema, message).length > MOST_BYTES ? [] : [fieldsOfMessage(message)];
    }),
  };
}

/** The outcome that a tree tells. */
function outcomeOf({ root, omitted }: Expanded): Answer {
  return {
    service: root.service,
    code: root.code,
    exported: exportedIn(root),
    tree: { traceId: "", root, omitted },
  };
}

function exportedIn(node: TreeNode): boolean {
  return node.exported === true || node.children.some(exportedIn);
}
