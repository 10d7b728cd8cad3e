// Makes failing requests and their trees, printed and drawn as the command does it.
import { treeToText } from "../../../src/cli/print/tree-text.ts";
import { drawTree } from "../../../src/draw/tree-svg.ts";
import type { Failure, RenderedTree } from "../../../src/observatory/graph/picture.ts";
import type { ErrorTree } from "../../../src/tree/tree.ts";
import { node } from "../../support/nodes.ts";
import { NOW } from "./pictures.ts";

/** The id of the n-th trace. */
export function traceId(n: number): string {
  return `5b8efff798038103d269b633813f${n.toString(16).padStart(4, "0")}`;
}

/** A failing request of one of some kinds. */
export function failure(n: number, fields: Partial<Failure> = {}): Failure {
  const id = traceId(n);
  return {
    traceId: id,
    time: NOW - 1_000 * n,
    service: "checkout",
    operation: "POST /orders",
    code: "internal",
    cause: "ledger rpc Ledger/Post permission-denied: Denied: account is frozen",
    drift: "permission-denied -> internal",
    fingerprint: "9f1c2ab4",
    represents: 1,
    jaegerUrl: `http://localhost:16686/trace/${id}`,
    ...fields,
  };
}

/** The failures that most tests show: of two kinds. */
export const FAILURES: readonly Failure[] = [
  failure(1, { represents: 12 }),
  failure(2, {
    service: "web-frontend",
    operation: "GET /cart",
    code: "deadline-exceeded",
    cause: "inventory-db query timed out after 2 s",
    drift: "deadline-exceeded -> internal",
    fingerprint: "77aa01c3",
    represents: 3,
  }),
  failure(3, { represents: 4 }),
];

/** The tree of a failing request, its root's operation as it is given. */
export function renderedTree(id: string, operation = "POST /orders"): RenderedTree {
  const tree: ErrorTree = {
    traceId: id,
    omitted: 0,
    root: node(
      "checkout",
      {
        operation,
        message: "order 4711 could not be placed",
        errorType: "OrderError",
        spanId: "00000000000000a1",
      },
      node("mail", {
        operation: "POST /welcome",
        code: "unavailable",
        survived: true,
        count: 3,
        errorType: "ECONNREFUSED",
        spanId: "00000000000000b1",
      }),
      node(
        "payment",
        { operation: "POST /charge", message: "ledger: permission denied", spanId: "00000000000000c1" },
        node("ledger", {
          operation: "rpc Ledger/Post",
          code: "permission-denied",
          errorType: "Denied",
          message: "account is frozen",
          frames: ["post (ledger/post.ts:41:11)", "handle (ledger/server.ts:88:5)"],
          spanId: "00000000000000d1",
        }),
      ),
      node("stock", {
        operation: "GET /items/:id",
        code: "ok",
        pending: true,
        pendingMs: 1_200,
        peer: "postgresql",
      }),
    ),
  };
  return {
    traceId: id,
    text: treeToText(tree, { colour: false, width: 110 }),
    tree: {},
    svg: drawTree(tree).svg,
    jaegerUrl: `http://localhost:16686/trace/${id}`,
  };
}
