// Three services in a row that sample as they like: the backend gets every span of a failed request once, and no others.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReceivedSpan, type Receiver, startReceiver } from "../../../examples/lab/receiver.ts";
import { ask, exportedSpans, type Service, startService } from "../../support/services.ts";

const RELAY = new URL("./relay.ts", import.meta.url);
const SAMPLERS = ["always_off", "always_on", "parentbased_always_off"] as const;
const PLACES = ["front", "middle", "back"] as const;

type Sampler = (typeof SAMPLERS)[number];

let receiver: Receiver;
/** Every place with every sampler. */
const services = new Map<string, Service>();

beforeAll(async () => {
  receiver = await startReceiver();
  await Promise.all(
    PLACES.flatMap((place) =>
      SAMPLERS.map(async (sampler) => {
        const env = { OTEL_TRACES_SAMPLER: sampler, OTEL_BSP_SCHEDULE_DELAY: "10" };
        services.set(`${place} ${sampler}`, await startService(RELAY, { name: place, receiver, env }));
      }),
    ),
  );
}, 60_000);

afterAll(async () => {
  for (const service of services.values()) expect(await service.stop()).toBe("");
  await receiver.close();
});

function serviceOf(place: string, sampler: Sampler): Service {
  return services.get(`${place} ${sampler}`) as Service;
}

/** The path at the front for a request through all three, each with the status that it answers with. */
function pathThrough(middle: Sampler, back: Sampler, statuses: readonly [number, number, number]): string {
  const atBack = `${serviceOf("back", back).url}/?status=${statuses[2]}`;
  const atMiddle = `${serviceOf("middle", middle).url}/?status=${statuses[1]}&to=${encodeURIComponent(atBack)}`;
  return `/?status=${statuses[0]}&to=${encodeURIComponent(atMiddle)}`;
}

/** Spans whose parent is not there, the root of all apart. */
function orphans(spans: readonly ReceivedSpan[]): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans
    .filter(({ parentSpanId }) => parentSpanId !== undefined && parentSpanId !== "" && !ids.has(parentSpanId))
    .map(({ service, name }) => `${service} ${name}`);
}

const COMBINATIONS = SAMPLERS.flatMap((front) =>
  SAMPLERS.flatMap((middle) => SAMPLERS.map((back) => [front, middle, back] as const)),
);

describe("a request that fails in all three services", () => {
  test.each(COMBINATIONS)(
    "%s, %s, %s: is there whole, once and in one piece",
    async (front, middle, back) => {
      const answer = await ask(serviceOf("front", front), pathThrough(middle, back, [500, 500, 500]));
      expect(answer.status).toBe(500);
      await exportedSpans(receiver, answer.traceId, PLACES);
      const spans = await receiver.waitForSpans(answer.traceId, 5, 10_000);
      expect(spans.map(({ service, kind }) => `${service} ${kind}`).sort()).toEqual([
        "back 2",
        "front 2",
        "front 3",
        "middle 2",
        "middle 3",
      ]);
      expect(orphans(spans)).toEqual([]);
      expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(5);
    },
  );
});

describe("a failure in the middle that the front handles", () => {
  test("exports the front too if the middle was exported by us", async () => {
    const path = pathThrough("always_off", "always_off", [200, 500, 200]);
    const answer = await ask(serviceOf("front", "always_off"), path);
    const spans = await exportedSpans(receiver, answer.traceId, ["front", "middle"]);
    expect(orphans(spans)).toEqual([]);
  });

  test("does not export the front if the middle samples everything by itself", async () => {
    const path = pathThrough("always_on", "always_off", [200, 500, 200]);
    const answer = await ask(serviceOf("front", "always_off"), path);
    expect(answer.tree?.root.exported).toBeUndefined();
    const spans = await exportedSpans(receiver, answer.traceId, ["middle"]);
    // Had the front decided otherwise, its spans would have come with the next failing request's, at the latest.
    const next = await ask(
      serviceOf("front", "always_off"),
      pathThrough("always_off", "always_off", [500, 200, 200]),
    );
    await exportedSpans(receiver, next.traceId, ["front"]);
    expect(receiver.spansOf(answer.traceId).filter(({ service }) => service === "front")).toEqual([]);
    expect(spans.every(({ service }) => service !== "front")).toBe(true);
  });
});
