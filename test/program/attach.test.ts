// An error gets the failures beneath its request as its cause, or stays exactly as it was.

import vm from "node:vm";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { attachErrorTree } from "../../src/program/attach.ts";
import { setUps } from "../../src/program/set-ups.ts";
import { causesOf } from "../../src/spans/causes.ts";
import type { ErrorTree } from "../../src/tree/tree.ts";
import { node } from "../support/nodes.ts";
import { ERROR, pipelineBench, remoteContext } from "../support/sdk.ts";

const TREE: ErrorTree = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  omitted: 0,
  root: node(
    "shop",
    { code: "ok", spanId: "1" },
    node("bank", { message: "no login", errorType: "AuthError" }),
  ),
};

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

/** Runs in a request with this tree. */
function within<T>(tree: ErrorTree | undefined, work: () => T): T {
  const setUp = { treeSoFar: () => tree } as never;
  setUps().add(setUp);
  try {
    return context.with(remoteContext(), work);
  } finally {
    setUps().delete(setUp);
  }
}

function attached<E>(error: E, tree: ErrorTree | undefined = TREE): E {
  return within(tree, () => attachErrorTree(error));
}

/** An error as far as anybody can see. */
function seen(error: unknown): unknown {
  return typeof error === "object" && error !== null ? Object.getOwnPropertyDescriptors(error) : error;
}

describe("an error", () => {
  test("without a cause gets the failure beneath, and stays the same object", () => {
    const error = new Error("no money");
    expect(attached(error)).toBe(error);
    expect(error).toMatchObject({ message: "no money", cause: { name: "AuthError", message: "no login" } });
    expect(Object.keys(error)).toEqual([]);
  });

  test("with a cause keeps it, and the last one of the chain gets the failure", () => {
    const last = new Error("read ECONNRESET");
    const error = attached(new Error("no money", { cause: new TypeError("fetch failed", { cause: last }) }));
    expect((error.cause as Error).cause).toBe(last);
    expect(last.cause).toMatchObject({ message: "no login" });
  });

  test("gets it once for a request, and again for another one", () => {
    const error = attached(new Error("kept and thrown again"));
    const first = error.cause;
    expect(attached(error).cause).toBe(first);
    expect(attached(error, { ...TREE, traceId: "0af7651916cd43dd8448eb211c80319c" }).cause).not.toBe(first);
    expect((error.cause as Error).cause).toBeUndefined();
  });

  test("of another realm gets it, too", () => {
    const error = vm.runInNewContext('new Error("elsewhere")');
    expect(error instanceof Error).toBe(false);
    expect(attached(error).cause).toMatchObject({ message: "no login" });
  });

  test("with an empty object for a cause, as got makes them, gets it", () => {
    expect(attached(new Error("HTTP", { cause: {} })).cause).toMatchObject({ message: "no login" });
  });

  test("of several failures gets an AggregateError of them", () => {
    const root = node("shop", { code: "ok" }, node("a", { message: "one" }), node("b", { message: "two" }));
    const { cause } = attached(new Error("both"), { ...TREE, root });
    expect(cause).toBeInstanceOf(AggregateError);
    expect((cause as AggregateError).errors.map(({ message }) => message)).toEqual(["one", "two"]);
  });

  test("that the library reads does not tell again what was attached to it", () => {
    const error = attached(new Error("no money", { cause: new Error("fetch failed") }));
    expect(causesOf(error)).toEqual(["Error: fetch failed"]);
  });
});

describe("stays as it was:", () => {
  const circle = new Error("circle");
  circle.cause = new Error("second", { cause: circle });
  const deep = Array.from({ length: 100 }).reduce<Error>(
    (cause) => new Error("deep", { cause }),
    new Error("last"),
  );

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a text", "broken"],
    ["a number", 7],
    ["a symbol", Symbol("broken")],
    ["a function", () => {}],
    ["an object that is no error", { code: 7 }],
    ["a frozen error", Object.freeze(new Error("frozen"))],
    ["a sealed error", Object.seal(new Error("sealed"))],
    ["an error that cannot be extended", Object.preventExtensions(new Error("closed"))],
    ["an error above a frozen one", new Error("open", { cause: Object.freeze(new Error("frozen")) })],
    ["a circle of causes", circle],
    ["a chain of a hundred causes", deep],
    ["a cause that is a text", new Error("odd", { cause: "because" })],
    ["a cause that is an object with something in it", new Error("odd", { cause: { status: 500 } })],
    [
      "a cause that throws",
      Object.defineProperty(new Error("odd"), "cause", {
        get() {
          throw new Error("no");
        },
      }),
    ],
    [
      "a cause that cannot be replaced",
      Object.defineProperty(new Error("odd"), "cause", { value: undefined }),
    ],
  ])("%s", (_, error) => {
    const before = seen(error);
    expect(attached(error)).toBe(error);
    expect(seen(error)).toEqual(before);
  });

  test("a proxy that throws", () => {
    const proxy = new Proxy(new Error("odd"), {
      get: () => {
        throw new Error("no");
      },
    });
    expect(attached(proxy)).toBe(proxy);
  });

  test("any error when nothing failed beneath, or no request is active", () => {
    const own = within(undefined, () => attachErrorTree(new Error("own")));
    expect([own.cause, attachErrorTree(new Error("alone")).cause]).toEqual([undefined, undefined]);
  });

  test("one whose message is a megabyte, apart from its cause", () => {
    const message = "x".repeat(1_000_000);
    const error = attached(new Error(message), {
      ...TREE,
      root: node("shop", { code: "ok" }, node("b", { message })),
    });
    expect(error.message).toBe(message);
    expect((error.cause as Error).message.length).toBeLessThanOrEqual(2_048);
  });
});

describe("what stopped the request is judged as if it failed with the error:", () => {
  /** A request in which two calls failed, one after the other. */
  function twoCalls(): { readonly run: <T>(work: () => T) => T; readonly verdict: () => unknown } {
    const bench = pipelineBench();
    const request = bench.arrives();
    for (const [name, message] of [
      ["ads", "no campaign"],
      ["prices", "cache is cold"],
    ] as const) {
      const call = request.child(name);
      call.span.setAttribute("http.response.status_code", name === "ads" ? 404 : 503);
      call.span.setStatus({ ...ERROR, message }).end();
    }
    const setUp = {
      treeSoFar: (id: string, supposed?: { thrown: unknown }) =>
        bench.pipeline.program.treeSoFar(id, supposed),
    } as never;
    setUps().add(setUp);
    onTestFinished(() => void setUps().delete(setUp));
    return {
      run: (work) => context.with(trace.setSpan(context.active(), request.span as never), work),
      verdict: () => request.head(200)?.code,
    };
  }

  test("the call that it names is its cause", () => {
    const { run } = twoCalls();
    expect(run(() => attachErrorTree(new Error("cannot show: no campaign"))).cause).toMatchObject({
      message: "no campaign",
    });
    expect(run(() => attachErrorTree(new Error("cannot show: cache is cold"))).cause).toMatchObject({
      message: "cache is cold",
    });
  });

  test("a mistake of the program has none", () => {
    const { run } = twoCalls();
    expect(run(() => attachErrorTree(new TypeError("x is not a function"))).cause).toBeUndefined();
  });

  test("and the request has not failed by it", () => {
    const { run, verdict } = twoCalls();
    run(() => attachErrorTree(new Error("cannot show: cache is cold")));
    expect(verdict()).toBe("ok");
  });
});
