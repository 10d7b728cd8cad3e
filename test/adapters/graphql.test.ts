// What the plugins for GraphQL tell of a document's errors.
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { apolloErrorTree, yogaErrorTree } from "otel-error-tree/graphql";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { setUps } from "../../src/program/set-ups.ts";
import { errorFacts } from "../../src/spans/error-facts.ts";

const told: unknown[] = [];
const active = trace.setSpanContext(ROOT_CONTEXT, {
  traceId: "1".repeat(32),
  spanId: "2".repeat(16),
  traceFlags: 1,
});
const setUp = {
  treeSoFar: () => undefined,
  watchCalls: () => undefined,
  fail: (_: string, error: unknown, code: unknown) => {
    const { type, message, causes = [] } = errorFacts(error);
    told.push({ type, message, code, ...(causes.length === 0 ? undefined : { causes }) });
    return true;
  },
};

beforeAll(() => {
  setUps().add(setUp);
  context.setGlobalContextManager({
    active: () => active,
    with: (_, run, self, ...args) => run.apply(self as never, args),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
});
afterAll(() => {
  setUps().delete(setUp);
  context.disable();
});
beforeEach(() => {
  told.length = 0;
});

class SoldOut extends Error {
  override readonly name = "SoldOut";
}

/** An error as GraphQL hands it on. */
function graphQLError(message: string, more: object = {}): object {
  return Object.assign(new Error(message), { name: "GraphQLError", extensions: {} }, more);
}

const thrown = new SoldOut("sold out", { cause: new RangeError("none left") });
const wrapped = graphQLError("sold out", {
  originalError: graphQLError("sold out", { originalError: thrown }),
});
const refused = graphQLError("not yours", { extensions: { code: "FORBIDDEN" } });

test("an error is told as the resolver threw it", () => {
  yogaErrorTree()
    .onExecute()
    .onExecuteDone({ result: { data: { item: null }, errors: [wrapped] } });
  expect(told).toEqual([
    { type: "SoldOut", message: "sold out", code: undefined, causes: ["RangeError: none left"] },
  ]);
});

test("of several errors the fault gives the type, and all of them the message", () => {
  yogaErrorTree()
    .onExecute()
    .onExecuteDone({ result: { errors: [refused, wrapped, wrapped] } });
  expect(told).toMatchObject([{ type: "SoldOut", message: "not yours; sold out", code: undefined }]);
});

test("rejections alone are a rejection, by the code that the server names", async () => {
  const { didEncounterErrors } = await apolloErrorTree().requestDidStart();
  await didEncounterErrors({ errors: [refused] });
  expect(told).toEqual([{ type: "FORBIDDEN", message: "not yours", code: "permission-denied" }]);
});

test("what fails before anything is executed is an invalid argument", () => {
  yogaErrorTree().onResultProcess({ request: {}, result: { errors: [graphQLError("Syntax Error")] } });
  expect(told).toMatchObject([{ message: "Syntax Error", code: "invalid-argument" }]);
});

test("an unexpected error before that is none", () => {
  const masked = graphQLError("Unexpected error.", { extensions: { code: "INTERNAL_SERVER_ERROR" } });
  yogaErrorTree().onResultProcess({ request: {}, result: { errors: [masked] } });
  expect(told).toMatchObject([{ code: "internal" }]);
});

test("results that come one by one are looked at one by one", () => {
  const result = { async *[Symbol.asyncIterator]() {} };
  const each = yogaErrorTree().onSubscribe().onSubscribeResult({ result });
  each?.onNext({ result: { data: {} } });
  each?.onNext({ result: { errors: [wrapped] } });
  expect(told).toMatchObject([{ type: "SoldOut" }]);
});

test.each([
  ["deferred", { incremental: [{ data: {} }, { data: { item: null }, errors: [wrapped] }] }],
  ["streamed", { incremental: [{ items: [7] }, { items: [null], errors: [wrapped] }] }],
  ["given up", { completed: [{ id: "0" }, { id: "1", errors: [wrapped] }] }],
])("an error of a part that is %s is told", (_, later) => {
  const result = { async *[Symbol.asyncIterator]() {} };
  const each = yogaErrorTree().onExecute().onExecuteDone({ result });
  each?.onNext({ result: { data: {}, hasNext: true } });
  expect(told).toEqual([]);
  each?.onNext({ result: { ...later, hasNext: false } });
  expect(told).toMatchObject([{ type: "SoldOut", message: "sold out" }]);
});

test("all errors of one payload are told together", () => {
  const result = {
    errors: [refused],
    incremental: [{ errors: [wrapped] }],
    completed: [null, { errors: [graphQLError("no id")] }],
  };
  yogaErrorTree().onExecute().onExecuteDone({ result });
  expect(told).toMatchObject([{ type: "SoldOut", message: "not yours; sold out; no id" }]);
});

test("nothing that a server hands over makes a plugin throw", () => {
  const angry = new Proxy(
    {},
    {
      get() {
        throw new Error("a trap");
      },
    },
  );
  const odd = [
    undefined,
    null,
    7,
    "text",
    {},
    { errors: [] },
    { errors: 7 },
    { errors: [null] },
    { errors: [angry] },
    { incremental: 7, completed: [null, angry] },
    [angry],
  ];
  for (const result of odd) {
    const plugin = yogaErrorTree();
    expect(() => plugin.onExecute().onExecuteDone({ result })).not.toThrow();
    expect(() => plugin.onSubscribe().onSubscribeResult({ result })).not.toThrow();
    expect(() => plugin.onResultProcess({ request: {}, result })).not.toThrow();
  }
});

test("data alone fails nothing", () => {
  yogaErrorTree()
    .onExecute()
    .onExecuteDone({ result: { data: { item: 7 } } });
  expect(told).toEqual([]);
});
