// Which channels are listened to and when, in a process where nobody else listens.
import { hasSubscribers } from "node:diagnostics_channel";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createErrorTree, withErrorTree } from "../../src/setup.ts";
import { KeptSpans } from "../support/sdk.ts";

const CHANNELS = [
  "http.server.request.start",
  "http.client.request.created",
  "http.client.response.finish",
  "http.client.request.error",
  "undici:request:create",
  "undici:client:sendHeaders",
  "undici:request:headers",
  "undici:request:trailers",
  "undici:request:error",
];
const ALL = CHANNELS.map(() => true);
const NONE = CHANNELS.map(() => false);
const subscribed = (): boolean[] => CHANNELS.map((name) => hasSubscribers(name));

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(["OTEL_SDK_DISABLED", "OTEL_ERROR_TREE_DISABLED"])("%s=true", (variable) => {
  test("nothing is listened to, whichever way", () => {
    vi.stubEnv(variable, "true");
    createErrorTree({ trust: "loopback" }).spanProcessor(new KeptSpans());
    withErrorTree({}, { trust: "loopback" });
    expect(subscribed()).toEqual(NONE);
  });
});

test("a set-up that fails listens to nothing", () => {
  expect(() => withErrorTree({ traceExporter: new KeptSpans() }, { headerBytes: 1 })).toThrow("headerBytes");
  expect(subscribed()).toEqual(NONE);
});

test("every channel is listened to from the set-up on, for good: a process that goes on hands nothing on either", async () => {
  expect(subscribed()).toEqual(NONE);
  const processor = createErrorTree().spanProcessor(new KeptSpans());
  expect(subscribed()).toEqual(ALL);
  await processor.forceFlush();
  expect(subscribed()).toEqual(ALL);
  await processor.shutdown();
  expect(subscribed()).toEqual(ALL);
  await processor.shutdown();
  expect(subscribed()).toEqual(ALL);
});

test("two set-ups do not take the channels from one another", async () => {
  const [first, second] = [createErrorTree().spanProcessor(), createErrorTree().spanProcessor()];
  await first.shutdown();
  expect(subscribed()).toEqual(ALL);
  await second.shutdown();
  expect(subscribed()).toEqual(ALL);
});

test("a hundred set-ups, one after the other, leave one subscriber of each channel behind", async () => {
  const { channel } = await import("node:diagnostics_channel");
  const counts = (): number[] =>
    CHANNELS.map(
      (name) => (channel(name) as unknown as { _subscribers?: unknown[] })._subscribers?.length ?? 0,
    );
  const ones = CHANNELS.map(() => 1);
  expect(counts()).toEqual(ones);
  for (let i = 0; i < 100; i++) await createErrorTree().spanProcessor().shutdown();
  expect(counts()).toEqual(ones);
});
