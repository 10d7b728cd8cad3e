// Which windows a Prometheus is asked for, and what is told of it.
import { expect, test } from "vitest";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import { edgeId } from "../../../src/observatory/graph/edge.ts";
import { stepOf } from "../../../src/observatory/prometheus/queries.ts";
import { PrometheusSource } from "../../../src/observatory/prometheus/source.ts";

const WINDOW_MS = 60_000;
const START = 1_800_000_000_000;

interface Asked {
  readonly path: string;
  readonly query: string;
  readonly start: number;
  readonly end: number;
}

/** A source, what it asked, and what it told. */
function source(answer: (asked: Asked) => unknown, keepMs = 600_000) {
  const clock = { now: START };
  const counts = new Counts({ windowMs: WINDOW_MS });
  const asked: Asked[] = [];
  const notes = new Map<string, string>();
  const said: string[] = [];
  const prometheus = new PrometheusSource({
    ...{ name: "Prometheus at http://p", selector: "", keepMs },
    now: () => clock.now,
    counts: () => counts,
    came: () => {},
    say: (text) => said.push(text),
    note: (topic, text) => {
      if (text === undefined) notes.delete(topic);
      else notes.set(topic, text);
    },
    async *ask(path, { query = "", start, end }) {
      const one = { path, query, start: Number(start) * 1000, end: Number(end) * 1000 };
      asked.push(one);
      yield JSON.stringify(answer(one));
    },
  });
  return { prometheus, clock, counts, asked, notes, said };
}

const result = (...series: object[]): object => ({ status: "success", data: { result: series } });
const EDGE = { client: "a", server: "b", connection_type: "" };
const isRequests = ({ path, query }: Asked): boolean =>
  path.endsWith("query_range") &&
  query.includes("request_total") &&
  !query.includes("_seconds") &&
  !query.includes("failed") &&
  !query.includes("context");

function requestsIn(counts: Counts): number {
  let requests = 0;
  for (const { key, counts: one } of counts.cells()) if (edgeId(key) === "a\0b\0") requests += one.requests;
  return requests;
}

test("each window is asked for once it is over and settled, the first time all that are kept", async () => {
  const { prometheus, clock, asked } = source(({ query }) =>
    query.startsWith("max(") ? result() : result({ metric: {}, value: [START / 1000, "1"] }),
  );
  const ranges = (): string[] =>
    asked
      .splice(0)
      .filter(isRequests)
      .map(({ start, end }) => `${(start - START) / WINDOW_MS} ${(end - START) / WINDOW_MS}`);
  clock.now = START + 9_000;
  await prometheus.poll();
  expect(ranges()).toEqual(["-8 -1"]);
  clock.now = START + 11_000;
  await prometheus.poll();
  // The window before is asked for again: samples may have come late.
  expect(ranges()).toEqual(["-1 0"]);
  clock.now = START + 69_999;
  await prometheus.poll();
  expect(ranges()).toEqual([]);
  clock.now = START + 200_000;
  await prometheus.poll();
  expect(ranges()).toEqual(["0 3"]);
  expect(prometheus.until).toBe(START + 3 * WINDOW_MS);
});

test("a long time is asked for in parts", async () => {
  const { prometheus, asked } = source(() => result(), 86_400_000);
  await prometheus.poll();
  const ranges = asked.filter(isRequests);
  expect(ranges).toHaveLength(3);
  // The last window of a part is asked for again with the next one.
  expect(ranges[1]?.start).toBe(ranges[0]?.end);
});

test("a window is asked for in parts that are no longer than the time between two scrapes", async () => {
  const samples = result({ metric: {}, value: [START / 1000, "4"] });
  const { prometheus, counts, asked } = source((one) => {
    if (one.query.startsWith("max(count_over_time")) return samples;
    if (!isRequests(one)) return result({ metric: {}, value: [START / 1000, "1"] });
    const values = [12_000, 24_000, 60_000].map((ms) => [(one.start - 12_000 + ms) / 1000, "2"]);
    return result({ metric: EDGE, values });
  }, 120_000);
  await prometheus.poll();
  const range = asked.find(isRequests);
  expect(range?.query).toContain("offset 12000ms");
  expect([range?.start, range?.end]).toEqual([START - 2 * WINDOW_MS + 12_000, START - WINDOW_MS]);
  expect([...counts.starts()]).toEqual([START - 2 * WINDOW_MS]);
  expect(requestsIn(counts)).toBe(6);
});

test.each([
  [60_000, undefined, 60_000],
  [60_000, 0, 60_000],
  [60_000, 1, 30_000],
  [60_000, 4, 12_000],
  [60_000, 5, 10_000],
  [10_000, 4, 10_000],
  [10_000, 60, 1_000],
  [60_000, 60, 5_000],
  [7_000, 60, 875],
  [7_000, 60_000, 700],
])("a window of %i ms and %s samples a minute make parts of %i ms", (windowMs, samples, stepMs) => {
  expect(stepOf(windowMs, samples)).toBe(stepMs);
});

test("what came late for a window is added when the next one is asked for, and nothing counts twice or is taken away", async () => {
  const inWindow = new Map<number, { requests: number; fast: number; slow: number }>();
  const { prometheus, clock, counts } = source((one) => {
    const { query, end } = one;
    if (query.startsWith("group by (le)"))
      return result(...["0.1", "0.4"].map((le) => ({ metric: { le }, value: [1, "1"] })));
    if (query.startsWith("max(") || !one.path.endsWith("query_range")) return result();
    const values = (of: (one: { requests: number; fast: number; slow: number }) => number): unknown[] =>
      [...inWindow].flatMap(([time, counted]) =>
        time * 1000 >= one.start && time * 1000 <= end ? [[time, String(of(counted))]] : [],
      );
    if (isRequests(one)) return result({ metric: EDGE, values: values(({ requests }) => requests) });
    if (!query.includes("server_seconds")) return result();
    return result(
      { metric: { ...EDGE, le: "0.1" }, values: values(({ fast }) => fast) },
      { metric: { ...EDGE, le: "0.4" }, values: values(({ fast, slow }) => fast + slow) },
    );
  }, 120_000);
  const durations = (): number[] => {
    const histograms = [...counts.cells()].map(({ counts: one }) => one.server);
    return [0.1, 1].map((bound) => histograms.reduce((sum, one) => sum + (one.atMost([bound])[0] ?? 0), 0));
  };
  const [first, second, third] = [0, 1, 2].map((i) => (START + i * WINDOW_MS) / 1000) as [
    number,
    number,
    number,
  ];
  inWindow.set(first, { requests: 10, fast: 6, slow: 4 });
  clock.now = START + 11_000;
  await prometheus.poll();
  expect([requestsIn(counts), durations()]).toEqual([10, [6, 10]]);
  // Three came late for the first window.
  inWindow.set(first, { requests: 13, fast: 7, slow: 6 });
  inWindow.set(second, { requests: 20, fast: 20, slow: 0 });
  clock.now += WINDOW_MS;
  await prometheus.poll();
  expect([requestsIn(counts), durations()]).toEqual([33, [27, 33]]);
  // Two came so late for the first that they were in the second meanwhile.
  inWindow.set(first, { requests: 15, fast: 9, slow: 6 });
  inWindow.set(second, { requests: 18, fast: 18, slow: 0 });
  inWindow.set(third, { requests: 1, fast: 1, slow: 0 });
  clock.now += WINDOW_MS;
  await prometheus.poll();
  expect([requestsIn(counts), durations()]).toEqual([34, [28, 34]]);
});

test("an answer of which a part is missing counts nowhere, and is asked for again", async () => {
  let isBroken = true;
  const { prometheus, clock, counts, notes, said } = source((asked) => {
    if (isRequests(asked)) return result({ metric: EDGE, values: [[asked.end / 1000, "7"]] });
    if (isBroken && asked.query.includes("failed")) return { status: "error", error: "too many samples" };
    return asked.query.startsWith("count(") ? result({ metric: {}, value: [0, "1"] }) : result();
  });
  await prometheus.poll();
  expect(requestsIn(counts)).toBe(0);
  expect(prometheus.until).toBeUndefined();
  expect(notes.get("away")).toBe(
    "Prometheus at http://p: too many samples. It has not answered since 08:00:00 UTC; what is shown is from before.",
  );
  clock.now += 5_000;
  await prometheus.poll();
  expect(said).toEqual([
    "Prometheus at http://p: too many samples. What was there stays; it is asked again.",
  ]);
  isBroken = false;
  await prometheus.poll();
  expect(requestsIn(counts)).toBe(7);
  expect([said.at(-1), notes.size]).toEqual(["Prometheus at http://p answers again.", 0]);
});

test("answers of any form do no harm", async () => {
  const strange = [
    null,
    [],
    "text",
    { status: "success" },
    {
      status: "success",
      data: { result: [null, 1, {}, { metric: EDGE, values: [[], null, ["x", "y"], [1, "NaN"]] }] },
    },
  ];
  for (const answer of strange) {
    const { prometheus, counts } = source(() => answer);
    await prometheus.poll();
    expect(requestsIn(counts)).toBe(0);
  }
});
