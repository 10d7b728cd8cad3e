// `Server-Timing: trace;desc=…` beside an answer: to whom, in which words, and never at the price of the head.
import http, { type RequestListener } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpServerParts } from "../../src/transports/http/exchange.ts";
import { observeHttpServers } from "../../src/transports/http/server.ts";
import type { ServerTiming } from "../../src/transports/http/server-timing.ts";
import type { Trust } from "../../src/trust/trust.ts";
import { httpServerParts } from "../support/http-server-parts.ts";
import { listen, request } from "../support/sdk-http.ts";
import { trusting } from "../support/trust.ts";

const ASK = { "x-error-tree": 'v=1, id="00f067aa0ba902b7", from="test", f=json' };
/** Of a service: where nothing failed, the outcome alone is answered. */
const SERVICE_ASK = { "x-error-tree": 'v=1, id="00f067aa0ba902b7", from="test"' };
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const ENTRY = `trace;desc=${TRACEPARENT}`;
/** As a service that was called wrote it. */
const COPIED = "trace;desc=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169200000-00";

async function serve(listener: RequestListener, others: Partial<HttpServerParts> = {}): Promise<number> {
  const port = await listen(http.createServer(listener));
  const hooks = {
    answerAtHead: () => ({ service: "shop", code: "ok", exported: false }) as const,
    traceparentOf: () => TRACEPARENT,
  };
  onTestFinished(observeHttpServers(httpServerParts(hooks, { serverTiming: "trusted", ...others })));
  return port;
}

/** The field as the client sees it: its lines in one. */
async function timingOf(port: number, headers: Record<string, string> = ASK): Promise<string | undefined> {
  const { fields } = await request(port, "/", headers);
  const lines = fields.filter(([name]) => name === "server-timing").map(([, value]) => value);
  return lines.length === 0 ? undefined : lines.join(", ");
}

describe("Server-Timing with the trace's id goes to", () => {
  test.each<[ServerTiming, Record<"answered" | "stranger" | "silent", string | undefined>]>([
    ["trusted", { answered: ENTRY, stranger: undefined, silent: undefined }],
    ["everyone", { answered: ENTRY, stranger: ENTRY, silent: ENTRY }],
    ["off", { answered: undefined, stranger: undefined, silent: undefined }],
  ])("%s", async (serverTiming, expected) => {
    let trust = trusting("loopback");
    const changing: Trust = {
      isOfNobody: false,
      refusal: (...peer) => trust.refusal(...peer),
      remedy: (...peer) => trust.remedy(...peer),
    };
    const port = await serve((_, res) => void res.end(), { serverTiming, trust: changing });
    const answered = await timingOf(port);
    const silent = await timingOf(port, {});
    trust = trusting(undefined);
    expect({ answered, stranger: await timingOf(port), silent }).toEqual(expected);
  });

  test("nobody beside an answer of the outcome alone, which caches may hand to anybody", async () => {
    const plain = await serve((_, res) => void res.end());
    expect(await timingOf(plain, SERVICE_ASK)).toBeUndefined();
    const fresh = await serve((_, res) => void res.setHeader("cache-control", "max-age=60").end());
    expect(await timingOf(fresh)).toBeUndefined();
  });

  test("nobody, if the request was not recorded", async () => {
    const { hooks } = httpServerParts({ answerAtHead: () => undefined });
    const port = await serve((_, res) => void res.end(), { hooks, serverTiming: "everyone" });
    expect(await timingOf(port)).toBeUndefined();
  });
});

describe("what the program measured stands before it, by", () => {
  test.each<[string, RequestListener]>([
    ["setHeader", (_, res) => void res.setHeader("Server-Timing", "db;dur=53").end()],
    ["setHeader with a list", (_, res) => void res.setHeader("server-timing", ["db;dur=53"]).end()],
    ["an object", (_, res) => void res.writeHead(200, { "server-timing": "db;dur=53" }).end()],
    ["a flat list", (_, res) => void res.writeHead(200, ["Server-Timing", "db;dur=53"]).end()],
    ["pairs", (_, res) => void res.writeHead(200, [["Server-Timing", "db;dur=53"]] as never).end()],
    [
      "setHeader, and a list with other fields",
      (_, res) => void res.setHeader("Server-Timing", "db;dur=53").writeHead(200, ["x-other", "1"]).end(),
    ],
  ])("%s", async (_, listener) => {
    expect(await timingOf(await serve(listener))).toBe(`db;dur=53, ${ENTRY}`);
  });
});

test("a head that has no room for it and a tree of its size has none", async () => {
  const port = await serve((_, res) => void res.setHeader("x-large", "x".repeat(2_750)).end());
  const { fields } = await request(port, "/", ASK);
  const names = fields.map(([name]) => name);
  expect(names).toContain("x-error-tree");
  expect(names).not.toContain("server-timing");
});

describe("a gateway that copies a head hands no trace on that came beside an answer, by", () => {
  const copied = { "x-error-tree": "ok", "x-other": "kept" };
  const entries = Object.entries({ ...copied, "Server-Timing": `db;dur=53, ${COPIED}, "a,b";desc="c,d"` });
  const kept = `db;dur=53, "a,b";desc="c,d"`;

  test.each<[string, RequestListener]>([
    [
      "setHeader",
      (_, res) => {
        for (const [name, value] of entries) res.setHeader(name, value);
        res.end();
      },
    ],
    [
      "setHeader with lists",
      (_, res) => {
        for (const [name, value] of entries) res.setHeader(name, [value]);
        res.end();
      },
    ],
    ["an object", (_, res) => void res.writeHead(200, Object.fromEntries(entries)).end()],
    ["a flat list", (_, res) => void res.writeHead(200, entries.flat()).end()],
    ["pairs", (_, res) => void res.writeHead(200, entries as never).end()],
    [
      "both ways, one field each",
      (_, res) => {
        res.setHeader("Server-Timing", entries[2]?.[1] as string).setHeader("x-other", "kept");
        res.writeHead(200, { "X-Error-Tree": "ok" }).end();
      },
    ],
  ])("%s", async (_, listener) => {
    const port = await serve(listener);
    expect(await timingOf(port, {})).toBe(kept);
    expect(await timingOf(port)).toBe(`${kept}, ${ENTRY}`);
    const { field } = await request(port, "/");
    expect([field("x-other"), field("x-error-tree")]).toEqual(["kept", undefined]);
  });

  test.each<[string, RequestListener]>([
    [
      "setHeader",
      (_, res) => void res.setHeader("x-error-tree", "ok").setHeader("server-timing", COPIED).end(),
    ],
    [
      "an object",
      (_, res) => void res.writeHead(200, { "x-error-tree": "ok", "server-timing": COPIED }).end(),
    ],
  ])("%s: a field with nothing else in it goes", async (_, listener) => {
    const { fields } = await request(await serve(listener), "/");
    expect(fields.map(([name]) => name)).not.toContain("server-timing");
  });

  test.each<[string, RequestListener]>([
    ["setHeader", (_, res) => void res.setHeader("server-timing", `db;dur=53, ${COPIED}`).end()],
    ["an object", (_, res) => void res.writeHead(200, { "Server-Timing": `db;dur=53, ${COPIED}` }).end()],
    ["a flat list", (_, res) => void res.writeHead(200, ["Server-Timing", `db;dur=53, ${COPIED}`]).end()],
    [
      "pairs",
      (_, res) => void res.writeHead(200, [["Server-Timing", `db;dur=53, ${COPIED}`]] as never).end(),
    ],
  ])("%s: nor the trace alone, where a service that answered us has that span", async (_, listener) => {
    const asked: string[] = [];
    const port = await serve(listener, {
      hooks: {
        ...httpServerParts({ answerAtHead: () => undefined }).hooks,
        isOfCallee: (_, traceparent) => asked.push(traceparent) > 0,
      },
    });
    expect(await timingOf(port, {})).toBe("db;dur=53");
    expect(asked.every((traceparent) => COPIED.endsWith(traceparent))).toBe(true);
  });

  test("a trace of the program's own, beside no copied answer, stays", async () => {
    const port = await serve((_, res) => void res.setHeader("server-timing", COPIED).end());
    expect(await timingOf(port, {})).toBe(COPIED);
  });
});
