import { expect, test } from "vitest";
import { isUnhealthy, missingShare } from "../../../src/observatory/page/pure/standing.ts";
import { edge } from "./edges.ts";

test("a context that does not arrive is unhealthy, though nothing fails", () => {
  const lost = edge("a", "b", { context: { arrived: 3, missing: 1, foreign: 9 } });
  expect([isUnhealthy(lost), missingShare(lost)]).toEqual([true, 0.25]);
  expect([isUnhealthy(edge("a", "b")), missingShare(edge("a", "b"))]).toEqual([false, undefined]);
});
