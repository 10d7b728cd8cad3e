// The README's drawing is the tree that the demo's services answer today.
import { expect, test } from "vitest";
import { runNode } from "../support/process/node-process.ts";

test("docs/images/tree.svg is what the demo answers", async () => {
  const { code, err } = await runNode(new URL("../support/picture/main.ts", import.meta.url), {
    args: ["--check"],
  });
  expect(err).toBe("");
  expect(code).toBe(0);
});
