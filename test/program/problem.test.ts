// Problem details say the status, and nothing else of an error.
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { problemDetails } from "../../src/program/problem.ts";
import { remoteContext } from "../support/sdk.ts";

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

const throwing = new Proxy(new Error("odd"), {
  get() {
    throw new Error("no");
  },
});

test.each<[string, unknown, number, string]>([
  ["nothing", undefined, 500, "Internal Server Error"],
  ["null", null, 500, "Internal Server Error"],
  ["an error", new Error("password=hunter2"), 500, "Internal Server Error"],
  ["an error with a status", Object.assign(new Error("hunter2"), { status: 404 }), 404, "Not Found"],
  [
    "an error with a statusCode",
    Object.assign(new Error("hunter2"), { statusCode: 503 }),
    503,
    "Service Unavailable",
  ],
  ["a status that is none of a failure", { status: 200, statusCode: 302 }, 500, "Internal Server Error"],
  ["a status that is no integer", { status: "404" }, 500, "Internal Server Error"],
  ["a status without a phrase", { status: 599 }, 599, "Error"],
  ["a proxy that throws", throwing, 500, "Internal Server Error"],
])("of %s", (_, error, status, title) => {
  expect(problemDetails(error)).toEqual({ type: "about:blank", title, status });
});

test("the trace id of the active span is in them", () => {
  const details = context.with(remoteContext(), () => problemDetails());
  expect(details.traceId).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
});

test("what the program says itself holds", () => {
  const told = {
    type: "/problems/card",
    title: "The card was declined",
    status: 402,
    detail: "Take another one.",
  };
  expect(problemDetails(new Error("hunter2"), told)).toEqual(told);
});
