// One table says which columns there are: the message's description, the writer, the reader and the docs have no others.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COLUMNS } from "../../../src/wire/binary/columns.ts";
import { MARKS } from "../../../src/wire/binary/marks.ts";
import { FIELD } from "../../../src/wire/binary/numbers.ts";
import { writeTree } from "../../../src/wire/json.ts";
import { DEFAULT_LIMITS } from "../../../src/wire/limits.ts";
import { ErrorTreeSchema } from "../../support/wire/generated/error-tree_pb.ts";

const PROTO = readFileSync("src/wire/error-tree.proto", "utf8");
const DOCS = readFileSync("docs/wire-format.md", "utf8");

test("the message has a field for every column, and no other", () => {
  const numbers = [...Object.values(FIELD), ...COLUMNS.map(({ field }) => field)].sort((a, b) => a - b);
  expect(ErrorTreeSchema.fields.map(({ number }) => number).sort((a, b) => a - b)).toEqual(numbers);
});

test("the message explains every mark at its bit", () => {
  const bits = [...PROTO.matchAll(/bit (\d+) +(\w+):/g)].map(([, bit, name]) => `${bit} ${name}`);
  const named = MARKS.map((mark, i) => `${5 + i} ${mark === "exported" ? "forced" : mark}`);
  expect(bits).toEqual(named);
});

test("the docs name every key of JSON", () => {
  const marks = Object.fromEntries(MARKS.map((mark) => [mark, true as const]));
  const texts = { at: "a", peer: "p", errorType: "E", message: "m", frames: ["f"] };
  const numbers = { count: 2, attempt: 3, hops: 1, pendingMs: 0 };
  const root = { service: "s", operation: "o", code: "internal", ...texts, ...numbers, ...marks } as const;
  const child = { ...root, code: "unavailable", children: [] } as const;
  const head = { id: "00f067aa0ba902b7", omitted: 1 };
  const json = writeTree({ ...root, children: [child] }, head, 2048, DEFAULT_LIMITS) as string;
  for (const key of Object.keys(JSON.parse(json))) expect(DOCS).toContain(`\`${key}\``);
});
