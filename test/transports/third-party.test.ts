// A third party sees no ask and no token: beyond a forward proxy, beyond a redirect, or called by its name.
import dns from "node:dns";
import { once } from "node:events";
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test, vi } from "vitest";
import { plainService } from "../support/sdk-http.ts";
import { setUp } from "../support/sdk-setup.ts";

const SECRET = "k1:0123456789abcdef0123456789abcdef";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Has every name resolve to this host, as a third party's would to its own. */
function resolveHere(): void {
  const found = [{ address: "127.0.0.1", family: 4 }];
  vi.spyOn(dns, "lookup").mockImplementation(((_: string, ...rest: unknown[]) => {
    const [options, done] = rest.length === 1 ? [{}, rest[0]] : rest;
    const tell = done as (error: null, ...results: unknown[]) => void;
    if ((options as { all?: boolean }).all === true) process.nextTick(tell, null, found);
    else process.nextTick(tell, null, "127.0.0.1", 4);
  }) as typeof dns.lookup);
}

async function statusOf(options: RequestOptions): Promise<number | undefined> {
  const [response] = (await once(http.get({ host: "127.0.0.1", ...options }), "response")) as [
    IncomingMessage,
  ];
  response.resume();
  await once(response, "end");
  return response.statusCode;
}

describe("a call to a forward proxy that may be asked", () => {
  test.each([
    "http://api.example.com/orders",
    "http://api.example.com/orders?id=7",
    "http://payment/pay",
    "HTTP://127.0.0.1/",
  ])("carries neither ask nor token where it is for %s, and is otherwise whole", async (path) => {
    const proxy = await plainService(404, "none");
    setUp("createErrorTree", { sampler: new AlwaysOffSampler() }, { secret: SECRET });
    const headers = { host: "api.example.com", "x-other": "kept" };
    expect(await statusOf({ port: proxy.port, path, headers })).toBe(404);
    expect(await statusOf({ port: proxy.port, path: "/", headers: { "x-other": "kept" } })).toBe(404);
    const [handedOn = "", own = ""] = proxy.heads;
    expect(handedOn).toMatch(/^traceparent: 00-/im);
    expect(handedOn).toMatch(/^x-other: kept$/im);
    expect(handedOn.toLowerCase()).not.toContain("x-error-tree");
    // What is for the proxy itself asks as ever, so that the ask could have been there.
    expect(own).toMatch(/^x-error-tree: v=1, .*k="k1:/im);
  });
});

test("a call with Expect carries neither: its head is written before it can be seen where it goes", async () => {
  const proxy = await plainService(404, "none");
  setUp("createErrorTree", { sampler: new AlwaysOffSampler() }, { secret: SECRET });
  for (const name of ["Expect", "expect"]) {
    const headers = { host: "api.example.com", [name]: "100-continue" };
    expect(await statusOf({ port: proxy.port, path: "http://api.example.com/orders", headers })).toBe(404);
  }
  expect(proxy.heads).toHaveLength(2);
  expect(proxy.heads.join().toLowerCase()).not.toContain("x-error-tree");
});

describe("a call by fetch or node:http", () => {
  const start = (): void => {
    setUp("createErrorTree", { sampler: new AlwaysOffSampler() }, { secret: SECRET });
    resolveHere();
  };

  test("to a third party carries neither, in whatever way it is called", async () => {
    const party = await plainService(404, "none");
    start();
    await fetch(`http://api.example.com:${party.port}/`);
    await statusOf({ host: "api.example.com", port: party.port });
    await fetch(`http://payment:${party.port}/`);
    const asks = party.heads.map((head) => /^x-error-tree:/im.test(head));
    expect(asks).toEqual([false, false, true]);
  });

  test("that a service redirects to a third party carries neither there", async () => {
    const party = await plainService(404, "none");
    const service = await plainService(302, "over there", [
      `location: http://api.example.com:${party.port}/`,
    ]);
    start();
    expect((await fetch(`http://127.0.0.1:${service.port}/`)).status).toBe(404);
    expect(service.heads[0]).toMatch(/^x-error-tree: v=1, .*k="k1:/im);
    expect(party.heads[0]?.toLowerCase()).not.toContain("x-error-tree");
  });
});
