// `render --jaeger --follow`: which traces are printed, when, and what is said meanwhile.
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { BackendError } from "../../src/cli/backend/backend-error.ts";
import { follow } from "../../src/cli/jaeger/follow.ts";
import { JaegerApi } from "../../src/cli/jaeger/jaeger-api.ts";
import { type JaegerAnswer, json, recorded, startJaegerServer } from "./jaeger-server.ts";

/** Traces with so many spans each, as a search tells them. */
function found(traces: Readonly<Record<string, number>>): JaegerAnswer {
  const data = Object.entries(traces).map(([traceID, spans], start) => ({
    traceID,
    processes: { p1: { serviceName: "shop" } },
    spans: Array.from({ length: spans }, (_, i) => ({
      traceID,
      spanID: `${i + 1}`.padStart(16, "0"),
      operationName: "GET /",
      processID: "p1",
      startTime: 1_800_000_000_000_000 + start,
      duration: 1,
    })),
  }));
  return json({ data });
}

interface Followed {
  readonly printed: string[];
  readonly said: string[];
  /** Looks that were taken. */
  readonly looks: number;
}

/** Follows until all answers were given, each to one look. */
async function followed(
  answers: readonly (JaegerAnswer | undefined)[],
  {
    seen = [],
    stepMs = 1000,
    timeoutMs = 5000,
    unreadable = [],
  }: { seen?: string[]; stepMs?: number; timeoutMs?: number; unreadable?: string[] } = {},
): Promise<Followed> {
  const ending = new AbortController();
  const { signal } = ending;
  let looks = 0;
  const { url } = await startJaegerServer(() => {
    const answer = answers[looks++];
    // One more look comes, so that what the last answer brought was printed.
    if (looks > answers.length) ending.abort();
    return answer;
  });
  const jaeger = new JaegerApi({ url: new URL(url), fields: {}, timeoutMs, signal });
  const printed: string[] = [];
  const said: string[] = [];
  const options = {
    jaeger,
    service: "shop",
    intervalMs: 1,
    signal,
    now: () => looks * stepMs,
    print: async (traceId: string) => {
      await setImmediate();
      if (unreadable.includes(traceId)) throw new BackendError("it answered 500", true);
      printed.push(traceId);
    },
    say: (text: string) => said.push(text.replace(url, "URL")),
  };
  await follow(options, seen);
  return { printed, said, looks };
}

const A = "a".repeat(32);
const B = "b".repeat(32);

describe("a failing trace", () => {
  it("is printed once, as soon as no span has come between two looks", async () => {
    const { printed, said } = await followed([
      found({ [A]: 2 }),
      found({ [A]: 5 }),
      found({ [A]: 5, [B]: 1 }),
      found({ [A]: 5, [B]: 1 }),
      found({ [A]: 5, [B]: 1 }),
    ]);
    expect(printed).toEqual([A, B]);
    expect(said).toEqual([]);
  });

  it("is not printed before that", async () => {
    const looks = [found({}), found({ [A]: 1 }), found({ [A]: 2 }), found({ [A]: 3 })];
    expect((await followed(looks)).printed).toEqual([]);
  });

  it("is printed as it stands where it does not end in half a minute", async () => {
    const looks = [1, 2, 3, 4, 5].map((spans) => found({ [A]: spans }));
    expect((await followed(looks, { stepMs: 10_000 })).printed).toEqual([A]);
  });

  it("is not printed where it was there before", async () => {
    const looks = [found({ [A]: 1, [B]: 1 }), found({ [A]: 1, [B]: 1 })];
    expect((await followed(looks, { seen: [A] })).printed).toEqual([B]);
  });

  it("is printed where newer ones have taken its place in the search", async () => {
    expect((await followed([found({ [A]: 1 }), found({})])).printed).toEqual([A]);
  });

  it("of many is printed too, and that there may be more is said", async () => {
    const ids = Array.from({ length: 200 }, (_, i) => `${i}`.padStart(32, "f"));
    const many = found(Object.fromEntries(ids.map((id) => [id, 1])));
    const { printed, said } = await followed([many, many]);
    expect(printed).toEqual(ids);
    expect(said).toEqual(["more than 200 traces failed since the last look: some of them are not shown"]);
  });
});

describe("a Jaeger that is away", () => {
  it("is told of once, and when it is there again; nothing is printed twice", async () => {
    const { printed, said } = await followed([
      found({ [A]: 1 }),
      found({ [A]: 1 }),
      json({}, 503),
      json({}, 500),
      found({ [B]: 1 }),
      found({ [A]: 1, [B]: 1 }),
      json({}, 502),
      found({}),
    ]);
    expect(printed).toEqual([A, B]);
    expect(said).toEqual([
      "Jaeger at URL answered 503; asking on, every 0.001 s",
      "Jaeger at URL is there again",
      "Jaeger at URL answered 502; asking on, every 0.001 s",
      "Jaeger at URL is there again",
    ]);
  });

  it("may also be one that does not answer in time", async () => {
    const { said } = await followed([undefined, found({})], { timeoutMs: 100 });
    expect(said).toEqual([
      "Jaeger at URL: no answer within 0.1 s; asking on, every 0.001 s",
      "Jaeger at URL is there again",
    ]);
  });

  it("is not one that refuses us, or that is none: that ends it", async () => {
    await expect(followed([found({}), json({}, 401)])).rejects.toThrow(/answered 401/);
    await expect(followed([recorded("page")])).rejects.toThrow(/answered with a page/);
  });
});

describe("the end", () => {
  it("comes at once, also while an answer is waited for", async () => {
    const { looks, said } = await followed([found({})]);
    expect([looks, said]).toEqual([2, []]);
  });
});

it("that cannot be read keeps no other one waiting, and is given up in the end", async () => {
  const look = found({ [A]: 2, [B]: 2 });
  const { printed, said } = await followed([look, look, look, look], { stepMs: 15_000, unreadable: [A] });
  expect(printed).toEqual([B]);
  expect(said.filter((text) => text.includes("is not shown"))).toEqual([
    `trace ${A} is not shown: it answered 500`,
  ]);
});
