// The set-up in a program that has locked functions of node's messages.
import { expect, test } from "vitest";
import { runNode } from "../../support/process/node-process.ts";

test("if functions of node's messages are read-only the set-up throws nothing, asks are hidden and copied answers are removed", async () => {
  const { code, out, err } = await runNode(new URL("programs/locked.mjs", import.meta.url));
  expect([code, out, err]).toEqual([0, 'null ["hidden",false]\n', ""]);
});
