// The first export of a kind is told from the ones after it, in bounded memory.
import { expect, test } from "vitest";
import { RecentKinds } from "../../../src/export/limit/recent-kinds.ts";

test("only the first of a kind is the first", () => {
  const kinds = new RecentKinds();
  expect([1, 2, 1, 2, 3, 1].map((kind) => kinds.isFirst(kind, 0))).toEqual([
    true,
    true,
    false,
    false,
    true,
    false,
  ]);
});

test("a kind that was not exported for ten minutes is new again", () => {
  const kinds = new RecentKinds();
  kinds.isFirst(1, 0);
  expect(kinds.isFirst(1, 600_000)).toBe(false);
  expect(kinds.isFirst(1, 1_200_000)).toBe(false);
  expect(kinds.isFirst(1, 1_800_001)).toBe(true);
});

test("of more than 512 kinds the one that was exported longest ago is forgotten", () => {
  const kinds = new RecentKinds();
  for (let kind = 0; kind < 512; kind++) kinds.isFirst(kind, 0);
  kinds.isFirst(0, 0);
  kinds.isFirst(512, 0);
  expect(kinds.isFirst(0, 0)).toBe(false);
  expect(kinds.isFirst(1, 0)).toBe(true);
});
