// What adapters and plugins tell of a request that is answered, by the tree that its caller gets.
import http, { type RequestListener } from "node:http";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { yogaErrorTree } from "../../src/adapters/graphql.ts";
import { failRequest } from "../../src/program/active.ts";
import { readErrorTree } from "../../src/program/read.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";
import { listen, request } from "../support/sdk-http.ts";
import { setUp } from "../support/sdk-setup.ts";

/** The tree of a request to this path. */
async function treeOf(listener: RequestListener, path = "/"): Promise<ErrorTree | undefined> {
  setUp("withErrorTree", { sampler: new AlwaysOffSampler() });
  const answer = await request(await listen(http.createServer(listener)), path, {
    "x-error-tree": "v=1, f=json",
  });
  return readErrorTree(answer.field("x-error-tree") ?? "");
}

describe("several documents of one request", () => {
  const broken = new TypeError("no payment");
  const refused = Object.assign(new Error("not yours"), { extensions: { code: "FORBIDDEN" } });
  const executed = (...errors: unknown[]): void => {
    yogaErrorTree().onExecute().onExecuteDone({ result: { errors } });
  };

  test.each([
    ["a rejection after a fault", [broken, refused], "unknown", "no payment"],
    ["a fault after a rejection", [refused, broken], "unknown", "no payment"],
    ["a fault after a fault", [broken, new RangeError("out of range")], "unknown", "no payment"],
    ["rejections alone", [refused], "permission-denied", "not yours"],
  ])("of %s, the first fault is told", async (_, errors, code, message) => {
    const tree = await treeOf((_request, response) => {
      for (const error of errors) executed(error);
      response.end();
    });
    expect(tree?.root).toMatchObject({ code, message });
  });

  test("what the program says itself replaces what was told before", async () => {
    const tree = await treeOf((_request, response) => {
      executed(broken);
      failRequest(new Error("full"), "resource-exhausted");
      response.end();
    });
    expect(tree?.root).toMatchObject({ code: "resource-exhausted", message: "full" });
  });
});
