// What comes back from a callee: only an answer to our own ask counts, everything else is dropped and counted.
import { describe, expect, test } from "vitest";
import { HealthCounts } from "../../src/health/counts.ts";
import type { ClientHooks } from "../../src/transports/hooks.ts";
import { receiveAnswer } from "../../src/transports/receive.ts";
import { createAnswerCodec } from "../../src/wire/answer-codec.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { answerOf, node } from "../support/nodes.ts";

const ID = "00f067aa0ba902b7";
const OTHER = "b7ad6b7169203331";

interface Responded {
  readonly id: string;
  readonly status: number;
  readonly outcome: Answer | undefined;
}

function received(
  id: string,
  status: number,
  answer: unknown,
  operation = "GET",
): { calls: Responded[]; counts: object } {
  const calls: Responded[] = [];
  const health = new HealthCounts();
  const hooks: ClientHooks = {
    operationOf: (id) => (id === ID ? operation : undefined),
    responded: (id, status, outcome) => {
      expect(outcome).not.toBe("unasked");
      calls.push({ id, status, outcome: outcome as Answer | undefined });
    },
    recordedTwice: () => {},
    amended: () => {},
    broke: () => {},
  };
  receiveAnswer(
    { calls: hooks, codec: createAnswerCodec(), health },
    { id, state: "asked" },
    status,
    answer,
    undefined,
  );
  return { calls, counts: health.snapshot() };
}

/** The value that a service writes for an ask with this id. */
function answerTo(id: string, code: "ok" | "not-found" = "not-found", operation = "GET /pay"): string {
  const root = node("payment", { operation, code, message: "no card" });
  const outcome: Answer =
    code === "ok" ? { service: "payment", code, exported: false } : answerOf(root, { exported: true }, 2);
  return createAnswerCodec().encode(outcome, { id, json: false }, { treeBytes: 1024, minimalBytes: 64 })
    ?.value as string;
}

test("the answer to our own ask is the callee's outcome", () => {
  const { calls, counts } = received(ID, 404, answerTo(ID));
  expect(calls).toMatchObject([
    {
      id: ID,
      status: 404,
      outcome: {
        service: "payment",
        code: "not-found",
        exported: true,
        tree: { omitted: 2, root: { operation: "GET /pay", message: "no card" } },
      },
    },
  ]);
  expect(counts).toEqual({});
});

test("an answer that nothing failed is one, too", () => {
  expect(received(ID, 200, answerTo(ID, "ok")).calls).toEqual([
    { id: ID, status: 200, outcome: { service: "payment", code: "ok", exported: false } },
  ]);
});

describe("is dropped and counted, and the response itself is still seen:", () => {
  test.each([
    ["the answer to another ask", answerTo(OTHER), "answers_foreign"],
    ["one that nothing failed, to another ask", answerTo(OTHER, "ok"), "answers_foreign"],
    ["an answer that repeats no id", "ok", "answers_foreign"],
    [
      "a tree that repeats no id",
      '{"service":"a","status":"error","code":"internal","error":"x","children":[]}',
      "answers_foreign",
    ],
    ["an empty field", "", "answers_malformed"],
    ["a text", "an error occurred", "answers_malformed"],
    ["a code that does not exist", `teapot;id="${ID}"`, "answers_malformed"],
    ["half a tree", answerTo(ID).slice(0, 40), "answers_malformed"],
    ["a tree with more behind it", `${answerTo(ID)} and more`, "answers_malformed"],
    ["a list", "[1,2,3]", "answers_malformed"],
    ["a field of 100 KB", `{"service":"${"x".repeat(100_000)}"}`, "answers_malformed"],
    ["a field that came twice", ["ok", "ok"], "answers_malformed"],
    ["two fields that were joined", `${answerTo(ID, "ok")}, ${answerTo(ID, "ok")}`, "answers_malformed"],
  ])("%s", (_, answer, count) => {
    const { calls, counts } = received(ID, 500, answer);
    expect(calls).toEqual([{ id: ID, status: 500, outcome: undefined }]);
    expect(counts).toEqual({ [count]: 1 });
  });
});

test.each([
  ["the outcome alone", `not-found;id="${ID}";s="pay"`],
  ["a tree without a name", answerTo(ID, "not-found", "")],
])("an answer of %s has the name of our span, redacted: nobody else has done it", (_, answer) => {
  const { calls } = received(ID, 404, answer, "GET https://joe:hunter2@pay/x");
  expect(calls[0]?.outcome?.tree?.root.operation).toBe("GET https://[redacted]@pay/x");
});

test("no answer is no trouble: the callee takes no part", () => {
  expect(received(ID, 500, undefined)).toEqual({
    calls: [{ id: ID, status: 500, outcome: undefined }],
    counts: {},
  });
});

test("the response to a call whose span is not ours is none of our business", () => {
  expect(received(OTHER, 500, answerTo(OTHER))).toEqual({ calls: [], counts: {} });
});
