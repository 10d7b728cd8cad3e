// What caused an error, in the tree: it folds with its error, and names what stopped the node.
import { describe, expect, test } from "vitest";
import { CAUSES } from "../../src/spans/causes.ts";
import { type SpanFacts, toSpanRecord } from "../../src/spans/span-record.ts";
import { buildTrees } from "../../src/tree/build.ts";
import { rootCauseOf, type TreeNode } from "../../src/tree/tree.ts";

function failed(
  spanId: string,
  message: string,
  more: Partial<SpanFacts>,
  causes?: readonly string[],
): SpanFacts {
  const attributes = { "exception.message": message, ...(causes === undefined ? {} : { [CAUSES]: causes }) };
  return {
    spanId,
    service: "shop",
    kind: "internal",
    name: spanId,
    status: "error",
    attributes: {},
    events: [{ name: "exception", attributes }],
    start: 0,
    end: 10,
    ...more,
  };
}

function rootOf(...spans: readonly SpanFacts[]): TreeNode {
  const [tree] = buildTrees(spans.map(toSpanRecord));
  return tree?.root as TreeNode;
}

describe("spans that fold tell one error, not parts of two", () => {
  const server: SpanFacts = {
    ...failed("root", "", { kind: "server", end: 20 }),
    events: [
      {
        name: "exception",
        attributes: {
          "exception.type": "OrderError",
          "exception.message": "order failed",
          "exception.stacktrace": "OrderError: order failed\n    at order (/app/order.js:3:5)",
        },
      },
    ],
  };
  const step = (statusMessage: string, type?: string): SpanFacts => ({
    ...failed("step", "", { parentId: "root", statusMessage }),
    events: type === undefined ? [] : [{ name: "exception", attributes: { "exception.type": type } }],
  });

  test("the inner one has a text of its own and no type", () => {
    const root = rootOf(server, step("stock closed"));
    expect(root).toMatchObject({ at: "step", message: "stock closed" });
    expect(root).not.toHaveProperty("errorType");
    expect(root).not.toHaveProperty("frames");
  });

  test("the inner one has text and type, but no frames", () => {
    const root = rootOf(server, step("stock closed", "StockError"));
    expect(root).toMatchObject({ message: "stock closed", errorType: "StockError" });
    expect(root).not.toHaveProperty("frames");
  });

  test("both have the same text: what only the outer one knows of the error stays", () => {
    const root = rootOf(server, step("order failed"));
    expect(root).toMatchObject({ message: "order failed", errorType: "OrderError" });
    expect(root.frames).toHaveLength(1);
  });
});

describe("an error's causes", () => {
  const cause = ["ECONNRESET: read ECONNRESET"];

  test("stay with the error when its span folds with the layer that it left", () => {
    const root = failed("root", "no", { kind: "server" }, cause);
    expect(rootOf(root, failed("layer", "no", { parentId: "root", end: 9 }))).toMatchObject({
      at: "layer",
      message: "no",
      causes: cause,
    });
  });

  test("are not told of another error, which the inner layer had", () => {
    const root = failed("root", "wrapped", { kind: "server" }, ["Error: no"]);
    const tree = rootOf(root, failed("layer", "no", { parentId: "root", end: 9 }));
    expect(tree.message).toBe("no");
    expect(tree).not.toHaveProperty("causes");
  });

  test("a mistake that another error wraps is not told as a mistake of the node", () => {
    const root = failed("root", "no payment", { kind: "server" }, ["TypeError: fetch failed"]);
    const call = failed("call", "no route", { kind: "client", parentId: "root", start: 1, end: 3 });
    expect(rootOf(root, call)).not.toHaveProperty("own");
  });

  test("name the failure beneath that stopped the node", () => {
    const call = (id: string, message: string, end: number): SpanFacts =>
      failed(id, message, { kind: "client", parentId: "root", start: 1, end });
    const root = failed("root", "no offer", { kind: "server" }, ["Error: stock is closed for today"]);
    const tree = rootOf(
      root,
      call("a", "price list is missing", 3),
      call("b", "stock is closed for today", 4),
    );
    expect(rootCauseOf(tree).node.operation).toBe("b");
    expect(rootCauseOf(tree).ambiguous).toBe(false);
  });
});
