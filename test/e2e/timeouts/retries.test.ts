// Attempts of one call: each distinct failure is a node, equal ones are one with a count, and the one that won is exported, too.
import { formatTree } from "otel-error-tree";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Answer,
  ask,
  attributesOf,
  exportedSpans,
  type Service,
  startService,
} from "../../support/services.ts";
import { Backend } from "./backend.ts";

const ENV = { OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND: "Infinity", OTEL_ERROR_TREE_EXPORT_HANDLED: "true" };

let backend: Backend;
let orders: Service;
let stock: Service;

beforeAll(async () => {
  backend = await Backend.start();
  const { receiver } = backend;
  [orders, stock] = await Promise.all([
    startService(new URL("./programs/retrying.ts", import.meta.url), { name: "orders", receiver, env: ENV }),
    startService(new URL("./programs/flaky.ts", import.meta.url), { name: "stock", receiver, env: ENV }),
  ]);
});

afterAll(async () => {
  expect(await Promise.all([orders.stop(), stock.stop()])).toEqual(["", ""]);
  await backend.receiver.close();
});

async function order(ways: string): Promise<Answer> {
  await stock.ask("ways", ways.split(" "));
  return await ask(orders, `/?${new URLSearchParams({ to: stock.url })}`);
}

const RESET = "orders POST -> 127.0.0.1 unavailable: ECONNRESET: read ECONNRESET  [no response]";
const HANDLED = "handled: orders GET ok  [handled]";

test.each([
  ["a failure, then a success", "503", [HANDLED, "└─ stock POST unavailable  <- root cause"]],
  ["equal failures, then a success", "503 503", [HANDLED, "└─ stock POST unavailable ×2  <- root cause"]],
  [
    "other failures, then a success",
    "503 resets 500",
    [HANDLED, "├─ stock POST unavailable  <- root cause", `├─ ${RESET}`, "└─ stock POST internal"],
  ],
  [
    "failures to the last",
    "503 resets 503 500",
    [
      "failed: orders GET unavailable  [drift internal -> unavailable]",
      "├─ stock POST unavailable ×2  [survived]",
      `├─ ${RESET.replace("]", ", survived]")}`,
      "└─ stock POST internal  <- root cause",
    ],
  ],
])("%s", async (_, ways, lines) => {
  const answer = await order(ways);
  expect(answer.tree && formatTree(answer.tree).split("\n")).toEqual(lines);
  const spans = await exportedSpans(backend.receiver, answer.traceId, ["orders"]);
  const attempts = spans
    .filter(({ service, name }) => service === "orders" && name === "POST")
    .map(attributesOf);
  const codes = attempts.map((attempt) => Number(attempt["http.response.status_code"] ?? 0));
  const wins = answer.status === 200 ? [200] : [];
  expect(codes).toEqual([...ways.split(" ").map((way) => Number(way) || 0), ...wins]);
  const counts = attempts.map((attempt) => Number(attempt["http.request.resend_count"] ?? 0));
  expect(counts).toEqual(attempts.map((_, i) => i));
});
