// Everything switched off by the environment, in a process in which it was never on.
import { hasSubscribers } from "node:diagnostics_channel";
import http from "node:http";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { AlwaysOffSampler, ParentBasedSampler } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createErrorTree, withErrorTree } from "../../src/setup.ts";
import { KeptSpans } from "../support/sdk.ts";
import { listen, request, type WireResponse } from "../support/sdk-http.ts";
import { BY_NAME, SeeingProcessor, setUp } from "../support/sdk-setup.ts";

const NEVER = new ParentBasedSampler({ root: new AlwaysOffSampler() });
/** Channels that the stock instrumentations do not listen to. */
const SERVER_AND_CLIENT = ["http.server.request.start", "http.client.response.finish"];
const ASK_ID = "00f067aa0ba902b7";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(["OTEL_SDK_DISABLED", "OTEL_ERROR_TREE_DISABLED"])("%s=true", (variable) => {
  test("withErrorTree gives the configuration back, and subscribes to nothing", () => {
    vi.stubEnv(variable, "true");
    const given = { serviceName: "shop", sampler: BY_NAME };
    expect(withErrorTree(given, { trust: "loopback" })).toBe(given);
    expect(SERVER_AND_CLIENT.map((name) => hasSubscribers(name))).toEqual([false, false]);
  });

  test("the parts hand on what they are given, and do nothing", async () => {
    vi.stubEnv(variable, "true");
    const parts = createErrorTree({ trust: "loopback" });
    const propagator = new W3CTraceContextPropagator();
    const own = new SeeingProcessor();
    const exporter = new KeptSpans();
    const shutdown = vi.spyOn(exporter, "shutdown");
    expect(parts.sampler(BY_NAME)).toBe(BY_NAME);
    expect(parts.propagator(propagator)).toBe(propagator);
    expect(parts.wrap(own)).toBe(own);
    const processor = parts.spanProcessor(exporter);
    expect(SERVER_AND_CLIENT.map((name) => hasSubscribers(name))).toEqual([false, false]);
    await processor.forceFlush();
    await processor.shutdown();
    expect(shutdown).toHaveBeenCalledOnce();
    expect(parts.counts()).toEqual({});
  });

  test("a NodeSDK that is set up so behaves as if we were not there", async () => {
    const { exporter, sdk, response, seen } = await runDisabled();
    expect([response.status, response.field("x-error-tree"), response.field("vary")]).toEqual([
      500,
      undefined,
      undefined,
    ]);
    expect(seen).toContain(ASK_ID);
    await sdk.shutdown();
    expect(exporter.spans).toEqual([]);
  });

  async function runDisabled(): Promise<ReturnType<typeof setUp> & { response: WireResponse; seen: string }> {
    vi.stubEnv(variable, "true");
    const running = setUp("createErrorTree", { sampler: NEVER });
    let seen = "";
    const server = http.createServer((req, res) => {
      seen = String(req.headers["x-error-tree"]);
      res.writeHead(500).end();
    });
    const response = await request(await listen(server), "/", { "x-error-tree": `v=1, id="${ASK_ID}"` });
    return { ...running, response, seen };
  }
});
