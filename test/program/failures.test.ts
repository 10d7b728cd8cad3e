// Listeners of failed requests: called with each, never able to harm, and without a context in which they could fail again.
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { isTracingSuppressed } from "@opentelemetry/core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { logFailures as logRecords } from "../../src/adapters/otel-logs.ts";
import { logFailures as logByPino } from "../../src/adapters/pino.ts";
import { logFailures as logByWinston } from "../../src/adapters/winston.ts";
import { HealthCounts } from "../../src/health/counts.ts";
import { type FailureListener, FailureNews, onFailure } from "../../src/program/failures.ts";
import { type FailedRequest, failedRequest } from "../../src/tree/failed-request.ts";
import { node } from "../support/nodes.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

function failed(...[service, fields, ...children]: Parameters<typeof node>): FailedRequest {
  const tree = { traceId: TRACE, omitted: 0, root: node(service, fields, ...children) };
  return failedRequest(tree, { spanId: SPAN, represents: 3, late: false });
}

function listen(listener: FailureListener): void {
  onTestFinished(onFailure(listener));
}

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

describe("a listener", () => {
  test("is told of each failed request until it ends", () => {
    const told: FailedRequest[] = [];
    const news = new FailureNews(new HealthCounts());
    expect(news.isWanted).toBe(false);
    const stop = onFailure((one) => told.push(one));
    expect(news.isWanted).toBe(true);
    const one = failed("shop");
    news.tell(one);
    stop();
    news.tell(failed("shop"));
    expect([told, news.isWanted]).toEqual([[one], false]);
  });

  test("that throws, or whose promise is rejected, harms nobody, and is counted", async () => {
    const health = new HealthCounts();
    const told: string[] = [];
    listen(() => {
      throw new Error("the disk is full");
    });
    listen(async () => {
      throw new Error("the network is gone");
    });
    listen(({ service }) => told.push(service));
    new FailureNews(health).tell(failed("shop"));
    await new Promise(setImmediate);
    expect([told, health.snapshot().internal_errors]).toEqual([["shop"], 2]);
  });

  test("runs where calls have no spans", () => {
    let isSuppressed: boolean | undefined;
    listen(() => {
      isSuppressed = isTracingSuppressed(context.active());
    });
    new FailureNews(new HealthCounts()).tell(failed("shop"));
    expect(isSuppressed).toBe(true);
  });

  test("that is no function is refused at once", () => {
    expect(() => onFailure("log" as never)).toThrow(TypeError);
  });
});

describe("a line", () => {
  /** What each logger was given for one failed request. */
  function lines(one: FailedRequest): {
    pino: unknown[];
    winston: unknown[];
    otel: Record<string, unknown>[];
  } {
    const said = { pino: [] as unknown[], winston: [] as unknown[], otel: [] as Record<string, unknown>[] };
    onTestFinished(logByPino({ error: (...args) => void said.pino.push(...args) }));
    onTestFinished(logByWinston({ error: (...args) => said.winston.push(...args) }));
    onTestFinished(logRecords({ emit: (record) => void said.otel.push(record as never) }));
    new FailureNews(new HealthCounts()).tell(one);
    return said;
  }

  test("says what failed, why, and how often", () => {
    const bank = node("bank", {
      operation: "POST /transfers",
      code: "permission-denied",
      errorType: "AuthError",
      message: "no login",
    });
    const { pino, winston, otel } = lines(
      failed("shop", { operation: "POST /orders", code: "not-found" }, bank),
    );
    const text =
      "POST /orders not-found; root cause: bank POST /transfers permission-denied: AuthError: no login (3 requests)";
    const fields = {
      trace_id: TRACE,
      span_id: SPAN,
      error_tree: {
        verdict: "failed",
        code: "not-found",
        root_cause: {
          service: "bank",
          operation: "POST /transfers",
          code: "permission-denied",
          type: "AuthError",
          message: "no login",
        },
        drift: "permission-denied -> not-found",
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        represents: 3,
      },
    };
    expect(pino).toEqual([fields, text]);
    expect(winston).toEqual([text, fields]);
    expect(otel).toMatchObject([
      { body: text, attributes: { "error_tree.root_cause.code": "permission-denied" } },
    ]);
  });

  test("is one line, and bounded, whatever a callee says", () => {
    const evil = `\u001b[2J\n{"level":30}\u202e${"x".repeat(1_000_000)}`;
    const { pino } = lines(failed(evil, { operation: evil, message: evil, errorType: evil }));
    const written = JSON.stringify(pino);
    expect(written.length).toBeLessThan(8_000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(JSON.parse(written)[1]).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});
