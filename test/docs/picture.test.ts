// The README's drawings are the tree that the demo's services answer today, and the error that docs/errors.md shows.
import { expect, test } from "vitest";
import { runNode } from "../support/process/node-process.ts";

test("docs/images/tree.svg is what the demo answers, and error.svg what a program printed", async () => {
  const { code, err } = await runNode(new URL("../support/picture/main.ts", import.meta.url), {
    args: ["--check"],
  });
  expect(err).toBe("");
  expect(code).toBe(0);
});
