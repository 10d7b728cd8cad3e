// Spans written from a tree make the same tree again, for whoever reads them from a backend.
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import fc from "fast-check";
import { expect, test } from "vitest";
import { SpanSynthesizer } from "../../../src/export/spans/synthesized-spans.ts";
import type { SpanKindName } from "../../../src/spans/otel.ts";
import { type SpanFacts, toSpanRecord } from "../../../src/spans/span-record.ts";
import { buildTrees } from "../../../src/tree/build.ts";
import type { ErrorTree, TreeNode } from "../../../src/tree/tree.ts";
import { errorTrees } from "../../support/arbitrary-tree.ts";

const KINDS: readonly SpanKindName[] = ["internal", "server", "client", "producer", "consumer"];
const CALL = {
  spanContext: () => ({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }),
  startTime: [1_800_000_000, 0],
  endTime: [1_800_000_000, 9e6],
} as unknown as ReadableSpan;

function factsOf(span: ReadableSpan): SpanFacts {
  const parentId = span.parentSpanContext?.spanId;
  return {
    spanId: span.spanContext().spanId,
    ...(parentId === "b7ad6b7169203331" ? undefined : { parentId: parentId as string }),
    service: String(span.resource.attributes["service.name"]),
    kind: KINDS[span.kind] as SpanKindName,
    name: span.name,
    status: span.status.code === 2 ? "error" : "unset",
    ...(span.status.message === undefined ? undefined : { statusMessage: span.status.message }),
    attributes: span.attributes,
    events: span.events as SpanFacts["events"],
    start: span.startTime[0] * 1000 + span.startTime[1] / 1e6,
    end: span.endTime[0] * 1000 + span.endTime[1] / 1e6,
  };
}

/** What a node tells, its text apart: frames and empty texts are read as those of any stack trace. */
function told({
  message: _,
  frames: __,
  exported: ___,
  stub: ____,
  spanId: _____,
  ...node
}: TreeNode): object {
  return { ...node, children: node.children.map(told) };
}

/** The same tree with every span to be written, and none that begins a tree of its own. */
function allStubd(node: TreeNode): TreeNode {
  const kind = node.stub === undefined || node.stub.kind === "consumer" ? "server" : node.stub.kind;
  const { errorType, causes, ...rest } = node;
  return {
    ...rest,
    // What did not fail has no error.
    ...(errorType === undefined || node.code === "ok" ? undefined : { errorType }),
    ...(causes === undefined || node.code === "ok" ? undefined : { causes }),
    stub: { kind, startMs: 1, durationMs: 2 },
    children: node.children.map(allStubd),
  };
}

test("whatever the tree, the spans written from it tell it again, in any order", () => {
  fc.assert(
    fc.property(errorTrees({ depth: 4 }), fc.infiniteStream(fc.nat()), (full: ErrorTree, random) => {
      const root = allStubd(full.root);
      const callee = { span: CALL, tree: { ...full, root }, leadsToCause: true, above: "b7ad6b7169203331" };
      const { spans } = new SpanSynthesizer().spansOf([callee], 10_000);
      const mixed = spans
        .map((span) => ({ span, key: random.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ span }) => toSpanRecord(factsOf(span)));
      const [tree, ...others] = buildTrees(mixed);
      expect(others).toEqual([]);
      expect(told(tree?.root as TreeNode)).toEqual(told(root));
    }),
  );
});
