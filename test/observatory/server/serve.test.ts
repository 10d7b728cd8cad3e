import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Failure, Picture, RenderedTree } from "../../../src/observatory/graph/picture.ts";
import { START, withObservatory } from "./serving.ts";

const NDJSON = "application/x-ndjson";
const JSON_TYPE = "application/json";

const EVENTS = [
  { node: "a", token: "1", time: START },
  { node: "b", token: "1", time: START + 5, failed: true },
];
const LINES = EVENTS.map((event) => JSON.stringify(event)).join("\n");

const MICROS = START * 1000;
const TRACE = "5b8efff798038103d269b633813fc60c";

function attribute(key: string, value: string): unknown {
  return { key, value: { stringValue: value } };
}

/** A call from shop to bank that fails there, in OTLP. */
function failingTrace(): unknown {
  const span = (id: string, parentSpanId: string, kind: number, values: object): object => ({
    ...{ traceId: TRACE, spanId: id, parentSpanId, kind, name: "GET /pay" },
    ...{ startTimeUnixNano: `${MICROS}000`, endTimeUnixNano: `${MICROS + 20_000}000` },
    ...values,
  });
  const failed = { status: { code: 2, message: "no money" } };
  const service = (name: string, spans: readonly object[]): object => ({
    resource: { attributes: [attribute("service.name", name)] },
    scopeSpans: [{ spans }],
  });
  return {
    resourceSpans: [
      service("bank", [span("00000000000000c3", "00000000000000b2", 2, failed)]),
      service("shop", [
        span("00000000000000a1", "", 2, { status: { code: 2 } }),
        span("00000000000000b2", "00000000000000a1", 3, { status: { code: 2 } }),
      ]),
    ],
  };
}

describe("the observatory", () => {
  it("shows what it was sent, and which of it it could not read", () =>
    withObservatory(async (serving) => {
      const answer = await serving.post("/v1/events", NDJSON, `${LINES}\nno\n{"node":7}\n`);
      expect(await answer.json()).toEqual({ accepted: 2, rejected: 2, first: "a line that is no JSON: no" });
      serving.now += 1_000;
      const picture = await serving.json<Picture>("/api/picture?last=60");
      expect(picture).toMatchObject({
        at: START + 1_000,
        to: START + 1_000,
        windowSeconds: 10,
        newest: START + 5,
      });
      expect(picture.edges).toMatchObject([
        { client: "a", server: "b", requests: 1, failures: 1, isInferred: true },
      ]);
      expect(picture.nodes.map(({ name, kind }) => [name, kind])).toEqual([
        ["a", "service"],
        ["b", "service"],
      ]);
      expect(picture.doubts.unreadable).toEqual({ count: 2, first: "a line that is no JSON: no" });
    }));

  it("tells a sender of its own events that could not be read, and of nobody else's", () =>
    withObservatory(async (serving) => {
      await serving.post("/v1/events", NDJSON, "a secret of the first one\n");
      await serving.post("/v1/traces", JSON_TYPE, "another secret");
      const answer = await serving.post("/v1/events", NDJSON, `${LINES}\nmine\n`);
      expect(await answer.json()).toEqual({
        accepted: 2,
        rejected: 1,
        first: "a line that is no JSON: mine",
      });
      expect(await (await serving.post("/v1/events", NDJSON, LINES)).json()).toEqual({
        accepted: 2,
        rejected: 0,
      });
    }));

  it("shows a failing trace as render prints it, and counts its requests once it is whole", () =>
    withObservatory(
      async (serving) => {
        const answer = await serving.post("/v1/traces", JSON_TYPE, gzipSync(JSON.stringify(failingTrace())), {
          "content-encoding": "gzip",
        });
        expect([answer.status, await answer.json()]).toEqual([200, {}]);
        serving.now += 600;
        serving.observatory.tick();
        const [failure] = await serving.json<Failure[]>("/api/failures");
        expect(failure).toMatchObject({
          ...{ traceId: TRACE, service: "shop", operation: "GET /pay", time: START + 20, represents: 1 },
          ...{
            cause: "bank GET /pay failed: no money",
            jaegerUrl: "http://jaeger:16686/trace/5b8efff798038103d269b633813fc60c",
          },
        });
        const tree = await serving.json<RenderedTree>(`/api/failures/${TRACE}`);
        expect(tree.text).toContain("root cause  bank GET /pay failed: no money");
        expect(tree.tree).toMatchObject({ verdict: "failed", root: { service: "shop" } });
        expect(tree.svg).toMatch(/^<svg /);
        const pasted = await serving.post("/api/render", "text/plain", ` ${TRACE}\n`);
        expect(((await pasted.json()) as RenderedTree).text).toBe(tree.text);
        expect((await serving.json<Picture>("/api/picture")).edges).toEqual([]);
        serving.now += 10_000;
        serving.observatory.tick();
        expect((await serving.json<Picture>("/api/picture")).edges).toMatchObject([
          { client: "shop", server: "bank", requests: 1, failures: 1, connectionType: "", isInferred: false },
          { client: "user", server: "shop", requests: 1, failures: 1, connectionType: "virtual_node" },
        ]);
      },
      { options: { jaegerUrl: "http://jaeger:16686/" } },
    ));

  it("sends pictures after each window, and failures, to whoever looks on", () =>
    withObservatory(async (serving) => {
      const response = await serving.get("/api/live?last=30");
      const reader = (response.body as ReadableStream<Uint8Array>)
        .pipeThrough(new TextDecoderStream())
        .getReader();
      let text = "";
      const until = async (part: string): Promise<void> => {
        while (!text.includes(part)) text += (await reader.read()).value;
      };
      await until("event: picture");
      await serving.post("/v1/traces", JSON_TYPE, JSON.stringify(failingTrace()));
      serving.now += 600;
      serving.observatory.tick();
      await until("event: failure");
      await serving.post("/v1/events", NDJSON, LINES);
      serving.now += 10_000;
      serving.observatory.tick();
      await until('"client":"a"');
      await reader.cancel();
    }));

  it("says what is wrong with a request, and goes on", () =>
    withObservatory(async (serving) => {
      const wrong: readonly [
        path: string,
        type: string,
        body: string,
        headers: Record<string, string>,
        status: number,
      ][] = [
        ["/v1/traces", "text/plain", "", {}, 415],
        ["/v1/traces", JSON_TYPE, "{", {}, 400],
        ["/v1/traces", JSON_TYPE, "{}", {}, 400],
        ["/v1/metrics", JSON_TYPE, "[]", {}, 400],
        ["/v1/traces", JSON_TYPE, "{}", { "content-encoding": "br" }, 415],
        ["/v1/traces", JSON_TYPE, "no gzip", { "content-encoding": "gzip" }, 400],
        ["/v1/traces", "application/x-protobuf", "no protobuf", {}, 400],
        ["/v1/events", "text/plain", LINES, {}, 415],
        ["/api/render", "text/plain", "no tree", {}, 422],
        ["/api/picture", JSON_TYPE, "", {}, 405],
        ["/api/nothing", JSON_TYPE, "", {}, 405],
        ["/", JSON_TYPE, "", {}, 405],
      ];
      for (const [path, type, body, headers, status] of wrong) {
        expect((await serving.post(path, type, body, headers)).status, `${path} ${type} ${body}`).toBe(
          status,
        );
      }
      for (const path of ["/api/picture?last=x", "/api/picture?from=2&to=1", "/api/live?last=0"])
        expect((await serving.get(path)).status, path).toBe(400);
      for (const path of ["/api/failures/none", "/etc/passwd", "/api/"])
        expect((await serving.get(path)).status, path).toBe(404);
      expect((await serving.get("/v1/traces")).status).toBe(405);
      expect((await serving.post("/v1/events", NDJSON, LINES)).status).toBe(200);
    }));
});

describe("who is answered", () => {
  it("without a token: this machine by its own name, and no page of others", () =>
    withObservatory(async (serving) => {
      const status = (headers: Record<string, string>, path = "/api/picture"): Promise<number> =>
        serving.status(path, headers);
      expect(await status({})).toBe(200);
      for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1:4318", "[::1]:4318"])
        expect(await status({ host }), host).toBe(200);
      for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost@evil"])
        expect(await status({ host }), host).toBe(403);
      expect(await status({ host: "evil.example" }, "/")).toBe(403);
      expect(await status({ origin: "https://evil.example" })).toBe(403);
      expect(await status({ origin: "null" })).toBe(403);
      expect(await status({ "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" })).toBe(403);
      expect(await status({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, "/")).toBe(403);
      expect(await status({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, "/")).toBe(200);
      const own = {
        host: "localhost:4318",
        origin: "http://localhost:4318",
        "sec-fetch-site": "same-origin",
      };
      expect(await status(own)).toBe(200);
    }));

  it("with a token: whoever shows it, as a header or, after its address was opened, as a cookie", () =>
    withObservatory(
      async (serving) => {
        const status = async (headers: Record<string, string>): Promise<number> =>
          (await serving.get("/api/picture", headers)).status;
        expect(await status({})).toBe(401);
        expect(await status({ authorization: "Bearer wrong" })).toBe(401);
        expect(await status({ authorization: "Bearer secret-secret-secret" })).toBe(200);
        expect((await serving.post("/v1/traces", JSON_TYPE, '{"resourceSpans":[]}')).status).toBe(401);
        // The files of the page hold nothing to hide.
        expect((await serving.get("/")).status).toBe(200);
        expect((await serving.get("/?token=wrong")).status).toBe(401);
        const entry = await serving.get("/?token=secret-secret-secret");
        expect([entry.status, entry.headers.get("location")]).toEqual([303, "/"]);
        const cookie = entry.headers.get("set-cookie") ?? "";
        expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
        expect(await status({ cookie: cookie.split(";")[0] as string })).toBe(200);
        expect(await status({ cookie: "otel_error_tree_observatory=%" })).toBe(401);
      },
      { serve: { token: "secret-secret-secret" } },
    ));
});
