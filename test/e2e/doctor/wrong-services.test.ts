// The doctor against services that are set up wrongly: it finds what is wrong with each, and says what to do.
import http from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import type { NodeProcess } from "../../support/process/node-process.ts";
import { listen } from "../../support/sdk-http.ts";
import { runDoctor, said } from "./run-doctor.ts";
import { startExamined } from "./services.ts";

const LOOPBACK = { OTEL_ERROR_TREE_TRUST: "loopback" };
const undo = new Undo();
let stock: NodeProcess;

beforeAll(async () => {
  stock = await startExamined("stock", LOOPBACK, undo);
});
afterAll(() => undo.all());

function shop(env: Readonly<Record<string, string>> = {}): Promise<NodeProcess> {
  return startExamined("shop", { ...LOOPBACK, ...env }, undo);
}

/** A URL of `service` that fails because what it calls does. */
function failing(service: NodeProcess, url = `${stock.url}/?status=503`, by = "fetch"): string {
  return `${service.url}/?status=500&${by}=${encodeURIComponent(url)}`;
}

/** Passes requests on without our field, as an edge does. */
async function stripping(to: string): Promise<string> {
  const server = http.createServer((request, response) => {
    const { "x-error-tree": _, host: _host, ...headers } = request.headers;
    const passed = http.request(new URL(request.url ?? "/", to), { headers }, (from) => {
      response.writeHead(from.statusCode ?? 0);
      from.pipe(response);
    });
    request.pipe(passed);
  });
  onTestFinished(() => server.closeAllConnections());
  return `http://127.0.0.1:${await listen(server)}`;
}

describe("the doctor finds that", () => {
  test("a cause has no message, because nobody reports the error to its span", async () => {
    const found = await runDoctor([`${stock.url}/?status=500`]);
    expect(said(found, "message")).toEqual([
      "note stock GET does not say why it failed, because a span of HTTP holds no error. Start it with `node --import " +
        "otel-error-tree/register app.js`, or use the adapter of its framework (otel-error-tree/express, /fastify, /koa, " +
        "/hono, /nestjs, /graphql), or call failRequest(error) where the error is caught. Or a service that it called failed, " +
        "and that call has no span",
    ]);
    const well = await runDoctor([`${stock.url}/?status=500&steps=1`]);
    expect(said(well, "message")).toEqual([]);
  });

  test("the chain ends at a service, because fetch has no spans there", async () => {
    const service = await shop({ INSTRUMENTED: "without undici" });
    const found = await runDoctor([failing(service), `${stock.url}/?status=503`]);
    expect(said(found, "set-up")).toEqual([
      expect.stringMatching(
        /^bad shop calls services without a span for the call.*add UndiciInstrumentation.*\(ERROR_TREE_CALL_WITHOUT_SPAN\)$/,
      ),
    ]);
    expect(found.chain.map(({ mark, text }) => `${mark} ${text}`)).toEqual([
      expect.stringMatching(
        /^note the tree of shop does not name stock, which fails, too, .*the call has no span, .*add UndiciInstrumentation/,
      ),
    ]);
    expect(found.code).toBe(1);
  });

  test("a service is instrumented twice", async () => {
    const service = await shop({ INSTRUMENTED: "twice" });
    const found = await runDoctor([failing(service)]);
    expect(said(found, "set-up")).toEqual([
      expect.stringMatching(
        /^bad shop is instrumented twice: register one .*\(ERROR_TREE_INSTRUMENTED_TWICE\)$/,
      ),
    ]);
    expect(said(found, "tree")).toEqual(["ok names shop, stock; root cause stock GET unavailable"]);
    expect(service.err).toContain("each call of undici or fetch has two spans");
  });

  test("a variable of a service is misspelled", async () => {
    const found = await runDoctor([(await shop({ OTEL_ERROR_TREE_SECRETS: "k1:x" })).url]);
    expect(said(found, "set-up")).toEqual([expect.stringMatching(/^bad shop has a variable .* unknown/)]);
  });

  test("a service trusts nobody", async () => {
    const found = await runDoctor([(await shop({ OTEL_ERROR_TREE_TRUST: "" })).url]);
    expect(said(found, "answers")).toEqual([
      expect.stringMatching(/^bad no answer: .* does not trust us.*OTEL_ERROR_TREE_TRUST=loopback$/),
    ]);
  });

  test("the next service does not trust the first one", async () => {
    const other = await startExamined("vault", { OTEL_ERROR_TREE_SECRET: `k1:${"s".repeat(32)}` }, undo);
    const found = await runDoctor([failing(await shop(), `${other.url}/?status=500`)]);
    expect(said(found, "tree")[1]).toMatch(
      /^note called somebody who answered without a tree: shop GET -> 127\.0\.0\.1\..*set the same OTEL_ERROR_TREE_SECRET in both/,
    );
  });

  test("something between takes the field off: before the service, and behind it", async () => {
    const edge = await stripping(stock.url);
    const outside = await runDoctor([`${edge}/?status=503`]);
    expect(said(outside, "answers")).toEqual([
      expect.stringMatching(/^bad no answer: .*a proxy takes our ask off/),
    ]);
    const found = await runDoctor([failing(await shop(), `${edge}/?status=503`), `${stock.url}/?status=503`]);
    expect(found.chain.map(({ mark, text }) => `${mark} ${text}`)).toEqual([
      expect.stringMatching(
        /^note the tree of shop does not name stock, .*something between takes x-error-tree off/,
      ),
    ]);
  });
});
