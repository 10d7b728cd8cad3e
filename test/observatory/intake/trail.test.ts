import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildPicture } from "../../../src/observatory/graph/build-picture.ts";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";
import { IntakeReport } from "../../../src/observatory/intake/intake-report.ts";
import { type PlainEvent, readPlainEvent } from "../../../src/observatory/intake/plain-event.ts";
import { Trail, type TrailLimits } from "../../../src/observatory/intake/trail.ts";

const T = 1_800_000_000_000;

type Event = Readonly<Record<string, unknown>>;

interface Followed {
  readonly picture: Picture;
  readonly report: IntakeReport;
  readonly arrows: readonly string[];
}

function follow(events: readonly Event[], limits?: TrailLimits): Followed {
  const target = { counts: new Counts({ windowMs: 10_000 }) };
  const report = new IntakeReport(() => ({ oldest: 0, newest: Number.POSITIVE_INFINITY }));
  const trail = new Trail(target, report, limits);
  for (const event of events) {
    const read = readPlainEvent(JSON.stringify(event), T);
    if (typeof read === "string") report.unreadable(read);
    else trail.event(read);
  }
  const doubts = { silent: [], droppedEdges: 0, unreadable: { count: 0 }, outOfTime: 0, notes: [] };
  const picture = buildPicture(target.counts, { from: 0, to: Number.MAX_SAFE_INTEGER, at: T, doubts });
  const arrows = picture.edges.map(({ client, server, requests }) => `${client} -> ${server} ${requests}`);
  return { picture, report, arrows };
}

describe("plain events", () => {
  it("make an edge from whoever showed a token before to whoever shows it next", () => {
    const { picture, arrows } = follow([
      { node: "a", token: "1", time: T },
      { node: "a", token: "2", time: T },
      { node: "b", token: "1", time: T + 5 },
      { node: "c", token: "1", time: T + 9, failed: true, ms: 250 },
      { node: "c", token: "2", time: T + 20 },
    ]);
    expect(arrows).toEqual(["a -> b 1", "a -> c 1", "b -> c 1"]);
    expect(picture.edges.every(({ isInferred }) => isInferred)).toBe(true);
    expect(picture.edges[2]).toMatchObject({ failures: 1 });
    expect(picture.edges[2]?.durations.p50).toBeCloseTo(0.25, 1);
  });

  it("are followed by the ids of parents if they have any, whichever comes first", () => {
    const events = [
      { node: "a", token: "1", id: "x", time: T },
      { node: "b", token: "1", id: "y", parent: "x", time: T + 5 },
      { node: "c", token: "1", id: "z", parent: "x", time: T + 6 },
    ];
    for (const order of [events, events.toReversed()]) {
      const { picture, arrows } = follow(order);
      expect(arrows).toEqual(["a -> b 1", "a -> c 1"]);
      expect(picture.edges.some(({ isInferred }) => isInferred)).toBe(false);
    }
  });

  it("forget tokens that are old, and those that were shown longest ago if there are too many", () => {
    const tokens = ["1", "2", "3", "4", "5", "6"];
    const events = ["a", "b"].flatMap((node) => tokens.map((token) => ({ node, token, time: T })));
    const { report, arrows } = follow(events, { mostTokens: 4 });
    expect(arrows).toEqual([]);
    expect(report.left.get("Tokens that were forgotten within a minute for lack of room")).toBe(10);
    expect(follow(events, { mostTokens: 14 }).arrows).toEqual(["a -> b 6"]);
    const old = follow([
      { node: "a", token: "1", time: T },
      { node: "b", token: "1", time: T + 700_000 },
    ]);
    expect(old.arrows).toEqual([]);
  });

  it("that wait for a parent which does not come are counted", () => {
    const { report } = follow([
      { node: "a", parent: "never", time: T },
      { node: "a", parent: "neither", time: T + 700_000 },
    ]);
    expect(report.left.get("Events whose parent did not come")).toBe(1);
  });

  it("that cannot be read are told in words", () => {
    const bad = [
      "no",
      "[]",
      "{}",
      '{"node":"a"}',
      '{"node":"a","token":""}',
      '{"node":"a","token":"1","time":"yesterday"}',
      '{"node":"a","token":"1","failed":"no"}',
      '{"node":"a","token":"1","ms":-1}',
      `{"node":"a","token":"${"x".repeat(300)}"}`,
      `{"node":{"toString":1},"token":"1"}`,
    ];
    for (const line of bad) expect(readPlainEvent(line, T), line).toBeTypeOf("string");
    expect(readPlainEvent('{"node":"__proto__","token":7}', T)).toMatchObject({
      node: "__proto__",
      token: "7",
      time: T,
    });
  });
});

/** Latencies of a hop, in milliseconds: from 1 ms, with a long tail. */
const LATENCY = fc.double({ min: 0, max: 6, noNaN: true }).map((power) => Math.ceil(2 ** power));
const CLOCKS = fc.record({
  a: fc.integer({ min: -5_000, max: 5_000 }),
  b: fc.integer({ min: -5_000, max: 5_000 }),
  c: fc.integer({ min: -5_000, max: 5_000 }),
});

describe("clocks that differ", () => {
  it("turn no arrow around if the log has the events in their order, and are told if the times contradict it", () => {
    fc.assert(
      fc.property(
        CLOCKS,
        fc.array(fc.tuple(LATENCY, LATENCY), { minLength: 20, maxLength: 60 }),
        (clocks, tokens) => {
          const events = tokens.flatMap(([first, second], i) => [
            { node: "a", token: i, time: T + i * 100 + clocks.a },
            { node: "b", token: i, time: T + i * 100 + first + clocks.b },
            { node: "c", token: i, time: T + i * 100 + first + second + clocks.c },
          ]);
          const { picture, arrows } = follow(events);
          expect(arrows).toEqual([`a -> b ${tokens.length}`, `b -> c ${tokens.length}`]);
          for (const { client, server, clockAhead } of picture.edges) {
            const ahead = (clocks[server as "b"] - clocks[client as "a"]) / 1000;
            if (ahead < -0.2) expect(clockAhead).toBeLessThan(0);
            if (ahead > 0) expect(clockAhead).toBeUndefined();
            // Never more than the truth, but for the width of a bucket.
            if (clockAhead !== undefined)
              expect(Math.abs(clockAhead)).toBeLessThanOrEqual(Math.abs(ahead) * 1.05);
            if (clockAhead !== undefined)
              expect(Math.abs(clockAhead)).toBeGreaterThanOrEqual((Math.abs(ahead) - 0.07) * 0.95);
          }
        },
      ),
    );
  });

  it("are told of a node that is asked and answers: its time lies outside of its caller's", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 5_000 }),
        fc.boolean(),
        fc.array(fc.tuple(LATENCY, LATENCY), { minLength: 20, maxLength: 60 }),
        (off, isAhead, tokens) => {
          const clock = isAhead ? off : -off;
          const events = tokens.flatMap(([there, back], i) => [
            { node: "a", token: i, time: T + i * 100 },
            { node: "b", token: i, time: T + i * 100 + there + clock },
            { node: "a", token: i, time: T + i * 100 + there + back },
          ]);
          const { picture, arrows } = follow(events);
          expect(arrows).toEqual([`a -> b ${tokens.length}`, `b -> a ${tokens.length}`]);
          const [there, back] = picture.edges;
          expect(Math.sign(there?.clockAhead ?? 0)).toBe(Math.sign(clock));
          expect(Math.abs((there?.clockAhead ?? 0) - clock / 1000)).toBeLessThan(0.1 + (off / 1000) * 0.05);
          expect(back?.clockAhead).toBe(-(there?.clockAhead ?? 0));
        },
      ),
    );
  });

  it("are not suspected if senders that collect their events disturb the log: then the times decide", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(LATENCY, fc.boolean()), { minLength: 40, maxLength: 80 }), (tokens) => {
        // The log has the second event first as often as not.
        const events = tokens.flatMap(([latency], i) => {
          const pair = [
            { node: "a", token: i, time: T + i * 100 },
            { node: "b", token: i, time: T + i * 100 + latency },
          ];
          return i % 2 === 0 ? pair : pair.toReversed();
        });
        const { picture, arrows } = follow(events);
        expect(arrows).toEqual([`a -> b ${tokens.length}`]);
        expect(picture.edges[0]?.clockAhead).toBeUndefined();
      }),
    );
  });

  it("are not suspected if two nodes send tokens to each other", () => {
    fc.assert(
      fc.property(fc.array(LATENCY, { minLength: 40, maxLength: 80 }), (tokens) => {
        const events = tokens.flatMap((latency, i) => {
          const [from, to] = i % 2 === 0 ? ["a", "b"] : ["b", "a"];
          return [
            { node: from, token: i, time: T + i * 100 },
            { node: to, token: i, time: T + i * 100 + latency },
          ];
        });
        const { picture, arrows } = follow(events);
        const [even, odd] = [Math.ceil(tokens.length / 2), Math.floor(tokens.length / 2)];
        expect(arrows).toEqual([`a -> b ${even}`, `b -> a ${odd}`]);
        expect(picture.edges.every(({ clockAhead }) => clockAhead === undefined)).toBe(true);
      }),
    );
  });
});

/** A log in which a token or an id is remembered for a minute. */
const REMEMBERED = { rememberedMs: 60_000 };
const LOGGED = fc.record({
  node: fc.constantFrom("a", "b", "c"),
  token: fc.constantFrom("1", "2", "3"),
  wait: fc.constantFrom(0, 1_000, 20_000, 50_000, -30_000),
  step: fc.constantFrom({}, {}, {}, { id: "x" }, { id: "y", parent: "x" }, { parent: "x" }, { parent: "y" }),
});

describe("a log of plain events", () => {
  it("read up to any place, and from there again by its counts and its oldest mark, counts each event once", () => {
    fc.assert(
      fc.property(fc.array(LOGGED, { maxLength: 40 }), fc.nat(40), (entries, place) => {
        let time = T;
        const log = entries.map(({ node, token, wait, step }) => {
          time += wait;
          return readPlainEvent(JSON.stringify({ node, token, time, ...step }), T) as PlainEvent;
        });
        const next = Math.min(place, log.length);
        const whole = counting();
        for (const [mark, event] of log.entries()) whole.trail.event(event, mark);

        const first = counting();
        /** The newest time before each event. */
        const newest: (number | undefined)[] = [];
        for (const [mark, event] of log.slice(0, next).entries()) {
          newest.push(first.trail.newestMs);
          first.trail.event(event, mark);
        }
        newest.push(first.trail.newestMs);
        const from = first.trail.oldestMark ?? next;
        const kept = JSON.parse(
          JSON.stringify({ counts: first.target.counts, from, newestMs: newest[from] }),
        );

        const second = counting(kept.newestMs);
        // What was counted already only fills the tables: it counts into counts that nobody looks at.
        for (let mark = kept.from; mark < next; mark++) second.trail.event(log[mark] as PlainEvent, mark);
        second.target.counts = Counts.from(kept.counts);
        for (let mark = next; mark < log.length; mark++) second.trail.event(log[mark] as PlainEvent, mark);
        expect(requestsOf(second.target.counts)).toEqual(requestsOf(whole.target.counts));
      }),
      { numRuns: 500 },
    );
  });
});

function counting(newestMs?: number): { readonly target: { counts: Counts }; readonly trail: Trail } {
  const target = { counts: new Counts({ windowMs: 10_000 }) };
  const report = new IntakeReport(() => ({ oldest: 0, newest: Number.POSITIVE_INFINITY }));
  return { target, trail: new Trail(target, report, { ...REMEMBERED, newestMs }) };
}

function requestsOf(counts: Counts): string[] {
  return counts
    .toJSON()
    .windows.flatMap(({ start, cells }) =>
      cells.map(
        ({ client, server, source, counts: { requests } }) =>
          `${start} ${client} ${server} ${source} ${requests}`,
      ),
    )
    .sort();
}
