// What a person finds and sees in Jaeger: failing traces by what their spans tell, and on each span what it is.

import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Undo } from "../../../collector-config/program/undo.ts";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";
import { untilTrace } from "../../../examples/lab/stored-span.ts";
import { sendSpans } from "../../support/pipeline/send-spans.ts";
import { findTraces, type PageSpan, pageOf } from "./page-api.ts";
import { type Asked, ask, Stage } from "./stage.ts";

const missing = [PROGRAMS.collector, PROGRAMS.jaeger].filter((path) => !existsSync(path));
const PATIENCE_MS = 240_000;

describe.skipIf(missing.length > 0).each(["memory", "badger"] as const)(
  "in a Jaeger with %s (needs npm run tools)",
  (store) => {
    const undo = new Undo();
    let stage: Stage;
    let queryUrl: string;
    /** `not-found` at root and service-b, `permission-denied` at service-e, which is the cause. */
    let seed: Asked;
    /** One call that nobody answers, and one that is answered without a tree. */
    let frail: Asked;

    beforeAll(async () => {
      stage = await Stage.start(undo, store);
      queryUrl = stage.jaeger.queryUrl;
      const e = await stage.startService("service-e", {
        SHOULD_FAIL: "true",
        ERROR_TYPE: "permission-denied",
      });
      const d = await stage.startService("service-d");
      const b = await stage.startService("service-b", { FORCE_ERROR_MAPPING: "not-found" }, [d, e]);
      const root = await stage.startService("root", {}, [b]);
      const stranger = await startStranger(undo);
      const gone = await startStranger(undo);
      const shop = await stage.startService("shop", { DOWNSTREAMS: `${stranger.url},${gone.url}` });
      stranger.status = 503;
      gone.server.close();
      gone.server.closeAllConnections();
      seed = await ask(root, "seed");
      frail = await ask(shop, "frail");
      await stage.settle();
    }, PATIENCE_MS);

    afterAll(() => undo.all(), PATIENCE_MS);

    test.each([
      ["the service of its root cause", "root", { "error_tree.root_cause.service": "service-e" }],
      ["the same from a service on the way", "service-b", { "error_tree.root_cause.service": "service-e" }],
      ["the failure where it began", "service-e", { "error_tree.origin": "self" }],
      ["a code there", "service-e", { "error_tree.code": "permission-denied" }],
      ["drift", "root", { "error_tree.drift": "permission-denied -> not-found" }],
      ["a number", "root", { "error_tree.represents": "1" }],
      ["a boolean", "root", { "error_tree.root_cause.ambiguous": "false" }],
      ["two tags of one span", "root", { "error_tree.verdict": "failed", "error_tree.represents": "1" }],
      ["a span that was written for its service", "service-e", { "error_tree.synthesized": "true" }],
      ["who was called", "service-b", { "peer.service": "service-d" }],
      ["an exception", "service-e", { "exception.message": "an error occurred in service service-e" }],
    ])("a trace is found by %s", async (_, service, tags) => {
      expect(await findTraces(queryUrl, service, tags)).toEqual([seed.traceId]);
    });

    test.each([
      ["a call without an answer", { "error_tree.unanswered": "true" }],
      ["a call without a tree in its answer", { "error_tree.opaque": "true" }],
    ])("a trace is found by %s", async (_, tags) => {
      expect(await findTraces(queryUrl, "shop", tags)).toEqual([frail.traceId]);
    });

    test.each([
      ["another value", "root", { "error_tree.root_cause.service": "service-d" }],
      ["a part of a value", "root", { "error_tree.root_cause.service": "service" }],
      ["a service that does not tell it", "service-d", { "error_tree.root_cause.service": "service-e" }],
      ["another number", "root", { "error_tree.represents": "10" }],
    ])("nothing is found by %s", async (_, service, tags) => {
      expect(await findTraces(queryUrl, service, tags)).toEqual([]);
    });

    test("tags of two spans are found together by Badger alone", async () => {
      const tags = { "error_tree.verdict": "failed", "peer.service": "service-b" };
      expect(await findTraces(queryUrl, "root", tags)).toEqual(store === "badger" ? [seed.traceId] : []);
    });

    test("a trace is found by the fingerprint of another one like it", async () => {
      const root = (await pageOf(queryUrl, seed.traceId)).find(({ parentId }) => parentId === undefined);
      const fingerprint = String(root?.tags["error_tree.fingerprint"]);
      expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
      expect(await findTraces(queryUrl, "root", { "error_tree.fingerprint": fingerprint })).toEqual([
        seed.traceId,
      ]);
    });

    test("the first of the root's tags that tell of more than its own request are ours", async () => {
      const root = (await pageOf(queryUrl, seed.traceId)).find(({ parentId }) => parentId === undefined);
      expect(root?.tagNames).toEqual([...(root?.tagNames ?? [])].sort());
      expect(root?.tags).toMatchObject({
        error: true,
        "error_tree.root_cause.service": "service-e",
        "error_tree.root_cause.operation": "GET",
        "error_tree.root_cause.code": "permission-denied",
        "error_tree.root_cause.message": "an error occurred in service service-e",
        "error_tree.text": expect.stringMatching(/root GET not-found.*service-e GET permission-denied/s),
      });
    });

    test("the root cause has its message, its exception and its frames, although its service exported nothing", async () => {
      const [cause, ...others] = (await pageOf(queryUrl, seed.traceId)).filter(isOf("service-e"));
      expect(others).toEqual([]);
      expect(cause).toMatchObject({
        name: "GET",
        tags: {
          "span.kind": "server",
          error: true,
          "otel.status_description": "an error occurred in service service-e",
        },
        logs: [
          {
            event: "exception",
            "exception.type": "Error",
            "exception.message": "an error occurred in service service-e",
            "exception.stacktrace": expect.stringMatching(/^Error: an error occurred.*\n {4}at decide \(/),
          },
        ],
        warnings: ["the service did not export this span: it is written from its answer to the caller"],
      });
    });

    test("what is no list of warnings does not reach Jaeger, which would die of it", async () => {
      // Without duration: Jaeger has a warning to add to each of them.
      const sent = (warnings: string | readonly string[]): Promise<string> =>
        sendSpans(stage.collector.otlpHttp, {
          name: "sent",
          durationMs: 0,
          attributes: { "@jaeger@warnings": warnings },
        });
      const ids = [await sent("a text"), await sent(["password=hunter2"]), await sent(["a list"])];
      const texts: (string | undefined)[] = [];
      for (const traceId of ids) {
        await untilTrace(stage.jaeger.queryUrl, traceId, 1);
        const [span] = await pageOf(queryUrl, traceId);
        expect(span?.warnings.at(-1)).toMatch(/^Negative duration detected/);
        texts.push(span?.warnings.slice(0, -1).join());
      }
      expect(texts).toEqual(["", "", "a list"]);
      expect(stage.jaeger.daemon.isRunning).toBe(true);
    });

    test("calls name whom they called, and what to know of them", async () => {
      const called = (spans: readonly PageSpan[]): object[] =>
        spans
          .filter(({ tags }) => tags["span.kind"] === "client")
          .map(({ service, tags, warnings }) => ({
            service,
            peer: tags["peer.service"],
            warnings: ours(warnings),
          }))
          .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
      expect(called(await pageOf(queryUrl, seed.traceId))).toEqual([
        { service: "root", peer: "service-b", warnings: [] },
        { service: "service-b", peer: "service-d", warnings: [] },
        { service: "service-b", peer: "service-e", warnings: [] },
      ]);
      expect(called(await pageOf(queryUrl, frail.traceId))).toEqual([
        {
          service: "shop",
          peer: undefined,
          warnings: ["no answer arrived: what the callee did is shown only if it exported that itself"],
        },
        {
          service: "shop",
          peer: undefined,
          warnings: [
            "the answer carried no error tree: failures of the callee are shown only if it exported them",
          ],
        },
      ]);
    });
  },
);

test.runIf(missing.length > 0)("nothing was run, for npm run tools has not brought all programs", () => {
  expect(missing).not.toEqual([]);
});

/** A service without OpenTelemetry, which answers well until it is told otherwise. */
async function startStranger(undo: Undo): Promise<{ url: string; server: Server; status: number }> {
  const stranger = { url: "", server: createServer(), status: 200 };
  stranger.server.on("request", (_, response) => {
    response.writeHead(stranger.status).end('{"code":"ok"}');
  });
  await once(stranger.server.listen(0, "127.0.0.1"), "listening");
  await undo.add(() => {
    stranger.server.close();
    stranger.server.closeAllConnections();
  });
  stranger.url = `http://127.0.0.1:${(stranger.server.address() as AddressInfo).port}`;
  return stranger;
}

/** What Jaeger says of clocks, whose starts are whole milliseconds here, is not ours. */
function ours(warnings: readonly string[]): string[] {
  return warnings.filter((text) => !text.startsWith("clock skew"));
}

function isOf(name: string): (span: PageSpan) => boolean {
  return ({ service }) => service === name;
}
