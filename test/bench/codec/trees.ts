// Trees as they come back in an outage: seven services, causes of several kinds, a message on every node.
import { createHash } from "node:crypto";
import type { Code } from "../../../src/spans/code.ts";
import type { ErrorTree, TreeNode } from "../../../src/tree/tree.ts";

interface Service {
  readonly name: string;
  readonly operations: readonly string[];
}

const SERVICES: readonly Service[] = [
  { name: "storefront", operations: ["GET /checkout/:cartId", "POST /checkout/:cartId/pay"] },
  { name: "cart", operations: ["GET /carts/:id", "PUT /carts/:id/items"] },
  { name: "pricing", operations: ["POST /quotes", "GET /rules/:region"] },
  { name: "inventory", operations: ["GET /stock/:sku", "POST /reservations"] },
  { name: "payment", operations: ["POST /charges", "GET /methods/:customer"] },
  { name: "shipping", operations: ["POST /labels", "GET /rates/:zone"] },
  { name: "customer", operations: ["GET /customers/:id", "GET /customers/:id/addresses"] },
];

interface Failure {
  readonly code: Code;
  readonly errorType?: string;
  message(i: number): string;
}

const FAILURES: readonly Failure[] = [
  {
    code: "unavailable",
    errorType: "ECONNREFUSED",
    message: (i) => `connect ECONNREFUSED 10.0.${i % 7}.${(i * 37) % 251}:5432`,
  },
  { code: "not-found", errorType: "NotFoundError", message: (i) => `customer ${40_000 + i * 317} not found` },
  {
    code: "deadline-exceeded",
    errorType: "TimeoutError",
    message: () => "The operation was aborted due to timeout",
  },
  {
    code: "internal",
    errorType: "TypeError",
    message: (i) =>
      `Cannot read properties of undefined (reading '${["price", "sku", "zone", "id"][i % 4]}')`,
  },
  { code: "unavailable", message: () => "Request failed with status code 503" },
  {
    code: "failed-precondition",
    errorType: "OutOfStock",
    message: (i) => `sku ${1000 + i * 13} is out of stock in warehouse ${i % 5}`,
  },
  {
    code: "aborted",
    errorType: "40001",
    message: () => "could not serialize access due to concurrent update",
  },
];

/**
 * A tree of so many nodes, each with up to two children and all of them exported by their services. With `ids` every
 * message ends in 16 hex digits that occur nowhere else, which nothing can shorten.
 */
export function treeOf(nodes: number, ids = false): ErrorTree {
  let made = 0;
  const grow = (depth: number, count: number): TreeNode => {
    const i = made++;
    const service = SERVICES[(i * 5 + depth) % SERVICES.length] as Service;
    const failure = FAILURES[(i * 3 + depth * 2) % FAILURES.length] as Failure;
    const left = Math.ceil((count - 1) / 2);
    return {
      service: service.name,
      operation: service.operations[i % service.operations.length] as string,
      code: failure.code,
      count: 1,
      ...(failure.errorType === undefined ? undefined : { errorType: failure.errorType }),
      message: ids ? `${failure.message(i)} (request ${hexOf(i)})` : failure.message(i),
      exported: true,
      children: [left, count - 1 - left].filter((n) => n > 0).map((n) => grow(depth + 1, n)),
    };
  };
  return { traceId: "", root: grow(0, nodes), omitted: 0 };
}

function hexOf(i: number): string {
  return createHash("sha256").update(`${i}`).digest("hex").slice(0, 16);
}
