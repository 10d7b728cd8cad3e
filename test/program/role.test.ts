// A program says of its calls what no rule can know, with the stock instrumentations: which spans are given the role.
import http, { type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Span, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { inRole, optional } from "../../src/program/role.ts";
import type { SpanRole } from "../../src/spans/span-role.ts";
import { listen, plainService, request } from "../support/sdk-http.ts";
import { startParts } from "../support/sdk-parts.ts";
import { closedPort } from "../support/sockets.ts";

type Handler = (urls: Urls) => Promise<unknown>;

interface Urls {
  /** Answers 500. */
  readonly ads: string;
  /** Answers 503. */
  readonly prices: string;
  /** Nobody listens. */
  readonly dead: string;
}

/** Roles of the calls of one request that fails, by the paths of their URLs; of other spans by their names. */
async function rolesIn(handler: Handler): Promise<Record<string, unknown>> {
  const parts = startParts();
  const [ads, prices] = [await plainService(500, "broken"), await plainService(503, "busy")];
  const urls: Urls = {
    ads: `http://127.0.0.1:${ads.port}`,
    prices: `http://127.0.0.1:${prices.port}`,
    dead: `http://127.0.0.1:${await closedPort()}`,
  };
  const answer = async (response: ServerResponse): Promise<void> => {
    try {
      await handler(urls);
      response.writeHead(500).end();
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  };
  const server = http.createServer((_, response) => void answer(response));
  await request(await listen(server), "/");
  await parts.sdk.shutdown();
  const calls = parts.exporter.spans.filter(({ kind }) => kind !== 1);
  return Object.fromEntries(calls.map((span) => [nameOf(span), span.attributes["error_tree.role"]]));
}

function nameOf({ name, attributes }: ReadableSpan): string {
  const url = attributes["url.full"] ?? attributes["http.url"];
  return typeof url === "string" ? new URL(url).pathname : name;
}

async function load(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return await response.text();
}

function loadByHttp(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http
      .get(url, (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0));
      })
      .on("error", reject);
  });
}

const none = () => undefined;

describe("a function", () => {
  test("gives its role to the calls that begin in it, and to no other", async () => {
    const roles = await rolesIn(({ ads, prices }) =>
      Promise.all([
        load(`${prices}/before`).catch(none),
        optional(() => load(`${ads}/ads`)).catch(none),
        load(`${prices}/beside`).catch(none),
      ]),
    );
    expect(roles).toEqual({ "/before": undefined, "/ads": "optional", "/beside": undefined });
  });

  test("gives it to whatever begins in it later, and to spans of the program", async () => {
    const roles = await rolesIn(async ({ ads, dead }) => {
      await optional(() =>
        trace.getTracer("test").startActiveSpan("reviews", async (span) => {
          await load(`${ads}/first`).catch(none);
          await sleep(1);
          await loadByHttp(`${dead}/second`).catch(none);
          span.end();
        }),
      );
      await load(`${ads}/third`).catch(none);
    });
    expect(roles).toEqual({
      reviews: "optional",
      "/first": "optional",
      "/second": "optional",
      "/third": undefined,
    });
  });

  test.each<SpanRole>(["optional", "compensation", "report"])("can have the role %s", async (role) => {
    const roles = await rolesIn(({ ads }) => inRole(role, () => load(`${ads}/call`)).catch(none));
    expect(roles).toEqual({ "/call": role });
  });

  test("within another one has the inner role", async () => {
    const roles = await rolesIn(({ ads }) =>
      optional(() => inRole("report", () => load(`${ads}/call`).catch(none))),
    );
    expect(roles).toEqual({ "/call": "report" });
  });

  test("gives back what it returns, and throws what it throws, also outside of a request", () => {
    const promise = Promise.resolve(1);
    expect(optional(() => promise)).toBe(promise);
    expect(optional(() => 7)).toBe(7);
    const error = new Error("broke");
    expect(() =>
      optional(() => {
        throw error;
      }),
    ).toThrow(error);
  });
});

describe("a span", () => {
  test("has the role as an attribute, and is given back", async () => {
    const roles = await rolesIn(async ({ ads }) => {
      const span: Span = trace.getTracer("test").startSpan("reviews");
      expect(optional(span)).toBe(span);
      await load(`${ads}/ads`).catch(none);
      span.end();
    });
    expect(roles).toEqual({ reviews: "optional", "/ads": undefined });
  });
});

describe("a promise that runs already", () => {
  test.each<[string, Handler]>([
    ["of fetch, answered 500", ({ ads }) => optional(fetch(`${ads}/ads`))],
    ["of fetch, the answer read", ({ ads }) => optional(load(`${ads}/ads`)).catch(none)],
    ["of fetch, refused", ({ dead }) => optional(fetch(`${dead}/ads`)).catch(none)],
    ["of node:http, answered 500", ({ ads }) => optional(loadByHttp(`${ads}/ads`))],
    ["of node:http, refused", ({ dead }) => optional(loadByHttp(`${dead}/ads`)).catch(none)],
  ])("%s", async (_, handler) => {
    expect(await rolesIn(handler)).toEqual({ "/ads": "optional" });
  });

  test("gives its role to its own call alone, whichever ends first", async () => {
    const roles = await rolesIn(({ ads, prices, dead }) =>
      Promise.allSettled([
        load(`${prices}/price`),
        optional(load(`${ads}/ads`)),
        loadByHttp(`${dead}/dead`),
        optional(loadByHttp(`${dead}/optional`)),
        load(`${prices}/price2`),
      ]),
    );
    expect(roles).toEqual({
      "/price": undefined,
      "/ads": "optional",
      "/dead": undefined,
      "/optional": "optional",
      "/price2": undefined,
    });
  });

  test("gives it to nobody where something else settles it", async () => {
    const roles = await rolesIn(async ({ prices }) => {
      await load(`${prices}/price`).catch(none);
      await optional(sleep(5));
    });
    expect(roles).toEqual({ "/price": undefined });
  });

  test("that sends nothing before it is waited for is as good as a function", async () => {
    const roles = await rolesIn(({ ads }) => {
      // As query builders are.
      const lazy: PromiseLike<string> = {
        // biome-ignore lint/suspicious/noThenProperty: that is what they have
        then: (...handlers) => load(`${ads}/lazy`).then(...handlers),
      };
      return optional(lazy).catch(none);
    });
    expect(roles).toEqual({ "/lazy": "optional" });
  });

  test("settles as it would have", async () => {
    const error = new Error("broke");
    await expect(optional(Promise.resolve(1))).resolves.toBe(1);
    await expect(optional(Promise.reject(error))).rejects.toBe(error);
  });
});

test.each([undefined, null, 1, "text", {}])("%j is given back as it is", (value) => {
  expect(optional(value as never)).toBe(value);
});
