// What examples/shop/README.md shows is what `npm run e2e:shop` holds the shop to.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { FAILURES } from "../../../examples/shop/failures.ts";

const README = readFileSync(new URL("../../../examples/shop/README.md", import.meta.url), "utf8");
const EXPECTED = parse(readFileSync(new URL("./expected.yaml", import.meta.url), "utf8")) as Readonly<
  Record<string, { readonly answer?: string }>
>;
const NAMES = FAILURES.map(({ name }) => name);

test("the README has a row for each failure of the menu, in its order", () => {
  expect([...README.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name)).toEqual(NAMES);
});

test("its tree is the one that is expected of that failure", () => {
  const [, name = "", tree] =
    /^`([\w-]+)`, without the stack frames[^\n]*\n\n```text\n(.*?)```/ms.exec(README) ?? [];
  expect(tree).toBe(EXPECTED[name]?.answer);
});

test("each failure but the deploy has an expectation, and there are no others", () => {
  expect(Object.keys(EXPECTED)).toEqual(NAMES.filter((name) => name !== "deploy"));
});
