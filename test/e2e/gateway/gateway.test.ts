// Gateways that copy all headers both ways: a node of their own in the tree, no ask handed on, no answer leaked.
import { beforeAll, describe, expect, test } from "vitest";
import { createAnswerCodec } from "../../../src/wire/answer-codec.ts";
import { parseAsk } from "../../../src/wire/header.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { plainService, request, type WireResponse } from "../../support/sdk-http.ts";
import { endServices, startService } from "../../support/sdk-process.ts";
import { closedPort } from "../../support/sockets.ts";

const FAILING = new URL("../../support/sdk-failing-service.ts", import.meta.url);
const CLIENT = new URL("./client.ts", import.meta.url);
const CLIENT_ID = "00f067aa0ba902b7";
const ASK = { "x-error-tree": `v=1, id="${CLIENT_ID}", from="test"` };
const PERSON = { "x-error-tree": "v=1, f=json" };

let failing: NodeProcess;
let client: NodeProcess;

beforeAll(async () => {
  [failing, client] = await Promise.all([startService(FAILING, "stock"), startService(CLIENT, "client")]);
  return () => endServices(failing, client);
}, 60_000);

/** Lines of a request's head that carry a field of our name. */
function asksIn(head: string | undefined): string[] {
  return (head ?? "").split("\r\n").filter((line) => /^x-error-tree:/i.test(line));
}

describe.each([
  "http-proxy",
  "http-proxy-middleware",
  "reply-from",
  "hono-proxy",
  "fetch-proxy",
  "raw-fetch-proxy",
])("a gateway by %s", { timeout: 30_000 }, (program) => {
  let gateway: NodeProcess;

  beforeAll(async () => {
    gateway = await startService(new URL(`./${program}.ts`, import.meta.url), "gateway");
    return () => endServices(gateway);
  }, 60_000);

  /** A request to the gateway, which hands it on to `upstream`. */
  function through(
    upstream: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<WireResponse> {
    return request(gateway.port, path, { ...headers, "x-upstream": upstream });
  }

  test.each(["/http/order-1", "/fetch/order-1"])(
    "shows its own node between client and failing service: %s",
    async (path) => {
      const to = { "x-gateway": gateway.url, "x-upstream": failing.url };
      const response = await request(client.port, path, { ...PERSON, ...to });
      expect(response.status).toBe(500);
      expect(JSON.parse(response.field("x-error-tree") as string)).toMatchObject({
        service: "client",
        code: "internal",
        children: [
          {
            service: "gateway",
            code: "permission-denied",
            children: [
              { service: "stock", code: "permission-denied", error: "order-1 is locked", children: [] },
            ],
          },
        ],
      });
    },
  );

  test("asks upstream by itself alone: the ask of its client goes no further", async () => {
    const { port, heads } = await plainService(403, "no");
    await through(`http://127.0.0.1:${port}`, "/", { ...ASK, "x-other": "kept" });
    expect(heads[0]).toMatch(/^x-other: kept$/im);
    expect(heads[0]).not.toContain(CLIENT_ID);
    const asks = asksIn(heads[0]).filter((line) => !/^x-error-tree:\s*$/i.test(line));
    expect(asks).toHaveLength(1);
    const ask = parseAsk(asks[0]?.slice("x-error-tree:".length).trim() ?? "");
    expect(ask).toMatchObject({ from: "gateway", json: false });
    expect(heads[0]).toMatch(new RegExp(`^traceparent: 00-[0-9a-f]{32}-${ask?.id}-00$`, "im"));
  });

  test("answers its own client's ask, with that client's id", async () => {
    const response = await through(failing.url, "/order-2", ASK);
    expect([response.status, response.body]).toEqual([403, "no order-2"]);
    const fields = response.fields.filter(([name]) => name === "x-error-tree");
    expect(fields).toHaveLength(1);
    const answer = createAnswerCodec().decode(fields[0]?.[1] as string, CLIENT_ID, "GET");
    expect(answer).toMatchObject({ service: "gateway", code: "permission-denied" });
    const timings = response.fields.filter(([name]) => name === "server-timing").map(([, value]) => value);
    expect(timings).toEqual([expect.stringMatching(/^trace;desc=00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)]);
  });

  test("gives no answer to a client that did not ask, although the upstream answered", async () => {
    const response = await through(failing.url, "/order-3");
    expect([response.status, response.body]).toEqual([403, "no order-3"]);
    expect(response.field("x-error-tree")).toBeUndefined();
    expect(JSON.stringify(response.fields)).not.toContain("locked");
    expect(response.field("server-timing")).toBeUndefined();
  });

  test("hands on nothing under our name that an upstream sends unasked, or to somebody else", async () => {
    const fields = [
      "X-Error-Tree: internal",
      `x-error-tree: ok;id="${CLIENT_ID}";s="other"`,
      "x-other: kept",
    ];
    const { port } = await plainService(200, "fine", fields);
    const upstream = `http://127.0.0.1:${port}`;
    const unasked = await through(upstream, "/");
    expect([unasked.status, unasked.body, unasked.field("x-other")]).toEqual([200, "fine", "kept"]);
    expect(unasked.field("x-error-tree")).toBeUndefined();
    const asked = await through(upstream, "/", ASK);
    const own = asked.fields.filter(([name]) => name === "x-error-tree").map(([, value]) => value);
    expect(own).toEqual([`ok;id="${CLIENT_ID}";s="gateway"`]);
  });

  test("its program sees no ask in headers, rawHeaders and headersDistinct", async () => {
    for (const ask of [ASK, PERSON, { "X-Error-Tree": ASK["x-error-tree"] }]) {
      const { body } = await request(gateway.port, "/seen", { ...ask, "x-other": "kept" });
      const { headers, headersDistinct, rawHeaders } = JSON.parse(body);
      expect(headers).toMatchObject({ "x-other": "kept" });
      expect(headersDistinct).toMatchObject({ "x-other": ["kept"] });
      expect(rawHeaders).toEqual(expect.arrayContaining(["x-other", "kept"]));
      expect(body).not.toContain("v=1");
    }
  });

  test("that reaches nobody answers 502, and its tree says so", async () => {
    const response = await through(`http://127.0.0.1:${await closedPort()}`, "/", PERSON);
    expect(response.status).toBe(502);
    expect(JSON.parse(response.field("x-error-tree") as string)).toMatchObject({
      service: "gateway",
      code: "unavailable",
      children: [{ service: "gateway", code: "unavailable", unanswered: true }],
    });
  });
});
