// The doctor before a real nginx that gets in the way, in every way that it has been seen to.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { NGINX, nginxConfiguration, startProxy, whyMissing } from "../../support/proxy/start-proxy.ts";
import { runDoctor, said } from "./run-doctor.ts";
import { startExamined } from "./services.ts";

const MISSING = whyMissing(NGINX);
const WHY = MISSING === undefined ? "" : ` (skipped: ${MISSING})`;
const secret = `k1:${"1".repeat(32)}`;
const FAILING = "/?status=500&steps=3";

describe.skipIf(MISSING !== undefined)(`a service behind nginx${WHY}`, () => {
  const undo = new Undo();
  let service: NodeProcess;

  beforeAll(async () => {
    service = await startExamined("stock", { OTEL_ERROR_TREE_SECRET: secret }, undo);
  });
  afterAll(() => undo.all());

  /** Base URL of an nginx before a service, with directives of its own. */
  function proxied(location: string, http = "", { port } = service): Promise<string> {
    const configuration = (place: { readonly port: number }): string =>
      nginxConfiguration(`${http}
  server {
    listen 127.0.0.1:${place.port};
    location / { proxy_pass http://127.0.0.1:${port}; ${location} }
  }`);
    return startProxy(NGINX, configuration, undo);
  }

  test("as installed it does no harm", async () => {
    const examined = await runDoctor([(await proxied("")) + FAILING], { secret });
    expect(examined.urls[0]?.findings.map(({ check, mark }) => `${mark} ${check}`)).toEqual([
      "ok reached",
      "ok answers",
      "ok secret",
      "ok context",
      "ok header",
      "ok tree",
      "ok caches",
      "ok head",
      "ok clock",
    ]);
    expect(examined.code).toBe(0);
  });

  test("warns that everybody is answered if the proxy's address is trusted", async () => {
    const trusting = await startExamined("stock", { OTEL_ERROR_TREE_TRUST: "loopback" }, undo);
    const examined = await runDoctor([(await proxied("", "", trusting)) + FAILING]);
    expect(said(examined, "answers")).toEqual(["ok stock answers us, by our address"]);
    expect(said(examined, "between")).toEqual([
      expect.stringMatching(
        /^note somebody may stand between \(Server: nginx\/[\d.]+\), and we are answered by our address: so is whoever else comes through there\. Set a secret/,
      ),
    ]);
  });

  test.each(["/", FAILING])("that takes the answer off is found out by Vary: %s", async (path) => {
    const examined = await runDoctor([(await proxied("proxy_hide_header x-error-tree;")) + path], { secret });
    expect(said(examined, "answers")).toEqual([
      expect.stringMatching(
        /^bad we were answered, for Vary says so, but the answer does not come through: something between takes x-error-tree off the response \(Server: nginx\/[\d.]+\)\. Right at the edge of a network; between services let it pass$/,
      ),
    ]);
    expect(said(examined, "secret")).toEqual([]);
    expect(examined.code).toBe(1);
  });

  test("that takes the ask off leaves what a service without the library leaves, and its own name", async () => {
    const url = await proxied('proxy_set_header x-error-tree "";');
    const examined = await runDoctor([url + FAILING], { secret });
    expect(said(examined, "answers")).toEqual([
      expect.stringMatching(
        /^bad no answer: it takes no part or does not trust us, and its own log names which, the first time \(OTEL_LOG_LEVEL=warn\); or what stands between \(Server: nginx\/[\d.]+\) takes our ask off, or answers in its place$/,
      ),
    ]);
    expect(said(examined, "head")).toEqual([expect.stringMatching(/^ok /)]);
    expect(examined.code).toBe(1);
  });

  test("that removes traceparent is detected by the trace id that the service reports", async () => {
    const url = await proxied('proxy_set_header traceparent "";');
    const examined = await runDoctor([url + FAILING], { secret });
    expect(said(examined, "answers")).toEqual(['ok stock answers us, for a token of "k1"']);
    expect(said(examined, "context")).toEqual([
      expect.stringMatching(
        /^bad its span is in another trace \([0-9a-f]{32}\): traceparent does not arrive, or is not read/,
      ),
    ]);
    expect(examined.code).toBe(1);
  });

  describe("that keeps responses", () => {
    const cache = "proxy_cache_path cache keys_zone=kept:1m; proxy_cache kept; proxy_cache_valid any 60s;";

    test("gives one answer to two asks, and to who did not ask", async () => {
      const examined = await runDoctor([`${await proxied("", cache)}/`], { secret });
      expect(said(examined, "answers")).toEqual([expect.stringMatching(/^ok stock answers us/)]);
      expect(said(examined, "caches")).toEqual([
        expect.stringMatching(
          /^bad a request without an ask got an answer too: something between keeps responses, or copies answers, and hands them to whoever comes \(Server: nginx\/[\d.]+\)/,
        ),
      ]);
      expect(examined.code).toBe(1);
    });

    test("for those who ask alone is found out by the id of the answer", async () => {
      const asks = 'map $http_x_error_tree $asks { "" 0; default 1; }';
      const url = await proxied("proxy_cache_key $uri$asks;", `${asks} ${cache}`);
      const examined = await runDoctor([`${url}/`], { secret });
      expect(said(examined, "caches")).toEqual([
        expect.stringMatching(
          /^bad two asks got one answer: something between keeps responses \(Server: nginx\/[\d.]+\), and callers drop such answers\./,
        ),
      ]);
      // The next doctor finds what the first one left there.
      const next = await runDoctor([`${url}/`], { secret });
      expect(said(next, "answers")).toEqual([
        "note cannot be told: the answer that came was made for another ask, see caches",
      ]);
      expect(said(next, "caches")).toEqual([expect.stringMatching(/^bad two asks got one answer: /)]);
      expect(next.code).toBe(1);
    });

    test("and has kept one for a stranger answers in the place of the service", async () => {
      const url = `${await proxied("", cache)}/`;
      await (await fetch(url)).text();
      const examined = await runDoctor([url], { secret });
      expect(said(examined, "answers")).toEqual([
        expect.stringMatching(
          /^bad no answer: .*; or what stands between \(Server: nginx\/[\d.]+\) .* answers in its place$/,
        ),
      ]);
      expect(examined.code).toBe(1);
    });

    test("but heeds Vary does no harm to trees", async () => {
      const examined = await runDoctor([(await proxied("", cache)) + FAILING], { secret });
      expect(said(examined, "caches")).toEqual([
        "ok two asks got an answer each, a request without one got none",
      ]);
      expect(examined.code).toBe(0);
    });
  });

  test("that takes 2 KB of head at most is told from the ask, and from no answer", async () => {
    const url = await proxied("proxy_buffer_size 2k; proxy_buffers 8 2k; proxy_busy_buffers_size 4k;");
    const examined = await runDoctor([`${url}/?status=500&steps=12&pad=1200`], { secret });
    expect(said(examined, "answers")).toEqual([
      expect.stringMatching(
        /^bad with our ask 502, without it 500, and 500 with an ask that no service answers: something between cannot take a head with our answer in it \(Server: nginx\/[\d.]+\)\. Let it take larger heads \(nginx: proxy_buffer_size\), or set OTEL_ERROR_TREE_HEADER_BYTES lower at the service$/,
      ),
    ]);
    expect(said(examined, "head")).toEqual([expect.stringMatching(/^ok 1[34]\d\d bytes without an answer/)]);
    expect(examined.urls[0]?.requests).toBe(5);
    expect(examined.code).toBe(1);
    // What the sentence advises helps.
    const env = { OTEL_ERROR_TREE_SECRET: secret, OTEL_ERROR_TREE_HEADER_BYTES: "300" };
    const modest = await startExamined("stock", env, undo);
    const helped = await proxied(
      "proxy_buffer_size 2k; proxy_buffers 8 2k; proxy_busy_buffers_size 4k;",
      "",
      modest,
    );
    const again = await runDoctor([`${helped}/?status=500&steps=12&pad=1200`], { secret });
    expect(said(again, "answers")).toEqual(['ok stock answers us, for a token of "k1"']);
    expect(said(again, "header")).toEqual([expect.stringMatching(/^ok 13 nodes in (?:2\d\d|300) bytes/)]);
    expect(again.code).toBe(0);
  });

  test("that refuses requests with the field is told from one that is too small", async () => {
    const url = await proxied("if ($http_x_error_tree) { return 403; }");
    const examined = await runDoctor([url + FAILING], { secret });
    expect(said(examined, "answers")).toEqual([
      expect.stringMatching(
        /^bad with our ask 403, without it 500, and 403 also with an ask that no service answers: something refuses requests that carry the field x-error-tree \(Server: nginx\/[\d.]+\)\. Let the field pass there$/,
      ),
    ]);
    expect(examined.code).toBe(1);
  });
});
