// Which responses a cache may give to others, so that they carry no tree.

import http, { type RequestListener } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { isFresh } from "../../src/transports/freshness.ts";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import type { Answer } from "../../src/wire/messages.ts";
import { always, httpServerParts } from "../support/http-server-parts.ts";
import { answerOf, node } from "../support/nodes.ts";
import { listen, request } from "../support/sdk-http.ts";

const NOW = Date.parse("Fri, 20 Nov 2026 12:00:00 GMT");
const LATER = "Fri, 20 Nov 2026 13:00:00 GMT";
const EARLIER = "Fri, 20 Nov 2026 11:00:00 GMT";

function fresh(fields: Record<string, string | string[]>): boolean {
  return isFresh(new Map(Object.entries(fields).map(([name, value]) => [name, [value].flat()])), NOW);
}

describe("a cache may give it to others:", () => {
  test.each<[string, Record<string, string | string[]>]>([
    ["max-age", { "cache-control": "max-age=60" }],
    ["max-age among others", { "cache-control": "must-revalidate , max-age=60, no-transform" }],
    ["max-age in capitals", { "cache-control": "Max-Age=60" }],
    ["max-age in quotes", { "cache-control": 'max-age="60"' }],
    ["max-age with leading zeros", { "cache-control": "max-age=0060" }],
    ["max-age with a fraction", { "cache-control": "max-age=0.5, max-age=1.5" }],
    ["max-age in the second field", { "cache-control": ["no-transform", "max-age=60"] }],
    ["two ages, one of them zero", { "cache-control": "max-age=0, max-age=60" }],
    ["s-maxage", { "cache-control": "s-maxage=60" }],
    ["s-maxage, although private caches are told zero", { "cache-control": "s-maxage=60, max-age=0" }],
    ["private with max-age: a private cache may", { "cache-control": "private, max-age=60" }],
    ["public", { "cache-control": "public" }],
    ["public with an age of zero", { "cache-control": "public, max-age=0" }],
    ["immutable", { "cache-control": "immutable" }],
    ["reuse although it is stale", { "cache-control": "max-age=0, stale-while-revalidate=60" }],
    ["reuse where its source fails", { "cache-control": "max-age=0, stale-if-error=60" }],
    ["no-store beside must-understand", { "cache-control": "must-understand, no-store, max-age=60" }],
    ["no-cache for single fields", { "cache-control": 'no-cache="set-cookie, x-y", max-age=60' }],
    ["directives within quotes", { "cache-control": 'private="a, no-store, b", max-age=60' }],
    ["a quote that never ends", { "cache-control": 'max-age=60, private="a, no-store' }],
    ["Expires in the future", { expires: LATER }],
    [
      "Expires in the future, and Cache-Control about something else",
      { expires: LATER, "cache-control": "private" },
    ],
    [
      "Expires in the future, and an age for shared caches alone",
      { expires: LATER, "cache-control": "s-maxage=0" },
    ],
    ["Expires in the future, and an age that is none", { expires: LATER, "cache-control": "max-age=soon" }],
    [
      "Expires in the past, later than its own date",
      { expires: EARLIER, date: "Fri, 20 Nov 2026 10:00:00 GMT" },
    ],
    ["Expires twice", { expires: [EARLIER, LATER] }],
    [
      "an age for other caches, whatever Cache-Control says",
      { "cdn-cache-control": "max-age=60", "cache-control": "no-store" },
    ],
    ["an age for one vendor's caches", { "cloudflare-cdn-cache-control": "max-age=60" }],
    ["an age for surrogates", { "surrogate-control": 'max-age=60, content="ESI/1.0"' }],
    ["seconds for nginx", { "x-accel-expires": "60", "cache-control": "no-store" }],
    ["a time for nginx", { "x-accel-expires": "@1795000000" }],
  ])("%s", (_, fields) => {
    expect(fresh(fields)).toBe(true);
  });
});

describe("a cache has to ask again, or keeps nothing:", () => {
  test.each<[string, Record<string, string | string[]>]>([
    ["nothing said", {}],
    ["nothing said about it", { "cache-control": "no-transform", etag: '"7"', "last-modified": EARLIER }],
    ["an empty field", { "cache-control": "" }],
    ["no-store", { "cache-control": "no-store" }],
    ["no-store beside an age", { "cache-control": "max-age=60, NO-STORE" }],
    ["no-store in another field", { "cache-control": ["max-age=60", "no-store"] }],
    ["no-store beside Expires", { "cache-control": "no-store", expires: LATER }],
    ["no-cache beside an age", { "cache-control": "no-cache, max-age=60, public" }],
    ["no-cache beside Expires", { "cache-control": "no-cache", expires: LATER }],
    ["private alone", { "cache-control": "private" }],
    ["must-revalidate alone", { "cache-control": "must-revalidate" }],
    ["an age of zero", { "cache-control": "max-age=0" }],
    ["an age of zero beside Expires", { "cache-control": "max-age=0", expires: LATER }],
    ["a negative age", { "cache-control": "max-age=-60" }],
    ["an age that is no number", { "cache-control": "max-age=soon" }],
    ["an age without a number", { "cache-control": "max-age" }],
    ["a directive that only sounds alike", { "cache-control": "x-max-age=60, publicity" }],
    ["an age within quotes of another", { "cache-control": 'private="max-age=60"' }],
    ["Expires in the past", { expires: EARLIER }],
    ["Expires at the response's own date", { expires: LATER, date: LATER }],
    ["Expires as a zero", { expires: "0" }],
    ["Expires as no date", { expires: "never" }],
    ["zero for other caches", { "cdn-cache-control": "max-age=0" }],
    ["nginx switched off", { "x-accel-expires": "0" }],
    ["a field that only sounds alike", { "x-cache": "max-age=60", "cache-controls": "max-age=60" }],
  ])("%s", (_, fields) => {
    expect(fresh(fields)).toBe(false);
  });
});

test("a field of 64 KB is read in a time that grows with its length alone", () => {
  for (const filler of ["=", '"', " ", ",", 'a="', "max-age=0,", 'a="\\'] as const) {
    const value = filler.repeat(65_536 / filler.length);
    const started = process.cpuUsage();
    fresh({ "cache-control": value });
    const { user } = process.cpuUsage(started);
    // A second is a thousand times what it takes; a time that grows with the square of the length is minutes.
    expect(user, filler).toBeLessThan(1e6);
  }
});

describe("the head of a failed request", () => {
  const ID = "00f067aa0ba902b7";
  const ASK = { "x-error-tree": `v=1, id="${ID}", from="test"` };
  const PERSON = { "x-error-tree": "v=1, f=json" };
  const MINIMAL = `not-found;id="${ID}";s="shop"`;
  const FAILED = answerOf(node("shop", { code: "not-found", message: "gone" }));

  async function serve(listener: RequestListener, outcome = FAILED): Promise<number> {
    const port = await listen(http.createServer(listener));
    onTestFinished(observeHttpServers(httpServerParts(always(outcome))));
    return port;
  }

  const FRESH: Record<string, RequestListener> = {
    "set one by one": (_, res) => {
      res.setHeader("CACHE-CONTROL", "public, max-age=60");
      res.writeHead(404).end();
    },
    "set as a list": (_, res) => {
      res.setHeader("Cache-Control", ["public", "max-age=60"]);
      res.end();
    },
    "given as an object": (_, res) => void res.writeHead(404, { "cache-Control": "max-age=60" }).end(),
    "given as an object with a list": (_, res) =>
      void res.writeHead(404, "None", { "Cache-Control": ["private", "max-age=60"] }).end(),
    "given as a flat list": (_, res) =>
      void res.writeHead(404, ["X-One", "1", "Cache-Control", "max-age=60"]).end(),
    "given as a list of pairs": (_, res) =>
      void res
        .writeHead(404, [
          ["X-One", "1"],
          ["Cache-Control", "max-age=60"],
        ] as never)
        .end(),
    "given in place of what was set": (_, res) => {
      res.setHeader("Cache-Control", "no-store");
      res.writeHead(404, { "cache-control": "max-age=60" }).end();
    },
    "told by a number": (_, res) => {
      res.setHeader("X-Accel-Expires", 60);
      res.end();
    },
    "told by a date": (_, res) => {
      res.setHeader("Expires", new Date(Date.now() + 60_000).toUTCString());
      res.end();
    },
  };

  test.each(Object.entries(FRESH))(
    "with freshness %s tells the outcome alone, without Vary",
    async (_, listener) => {
      const port = await serve(listener);
      const response = await request(port, "/", ASK);
      expect([response.field("x-error-tree"), response.field("vary")]).toEqual([MINIMAL, undefined]);
    },
  );

  const STALE: Record<string, RequestListener> = {
    "without a word about it": (_, res) => void res.writeHead(404).end(),
    "with no-store in place of what was set": (_, res) => {
      res.setHeader("Cache-Control", "max-age=60");
      res.writeHead(404, { "cache-control": "no-store" }).end();
    },
    "with no-store in a flat list in place of what was set": (_, res) => {
      res.setHeader("Cache-Control", "max-age=60");
      res.writeHead(404, ["cache-control", "no-store"]).end();
    },
    "that has expired": (_, res) => {
      res.setHeader("Expires", 0);
      res.end();
    },
  };

  test.each(Object.entries(STALE))("%s carries the tree and Vary", async (_, listener) => {
    const port = await serve(listener);
    const response = await request(port, "/", ASK);
    expect(response.field("x-error-tree")?.length).toBeGreaterThan(MINIMAL.length);
    expect(response.field("vary")).toBe("x-error-tree");
  });

  test.each<[Answer, string]>([
    [FAILED, 'not-found;s="shop"'],
    [{ service: "shop", code: "ok", exported: false }, 'ok;s="shop"'],
  ])("with freshness tells the outcome alone to a person, too: %o", async (outcome, value) => {
    const port = await serve(FRESH["given as an object"] as RequestListener, outcome);
    const response = await request(port, "/", PERSON);
    expect([response.field("x-error-tree"), response.field("vary")]).toEqual([value, undefined]);
  });
});
