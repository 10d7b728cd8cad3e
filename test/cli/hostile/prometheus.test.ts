// What becomes of the observatory if Prometheus answers as nobody should: over real HTTP, with the client of the command.
import { describe, expect, test } from "vitest";
import { BackendApi } from "../../../src/cli/backend/backend-api.ts";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import { PrometheusSource } from "../../../src/observatory/prometheus/source.ts";
import {
  type Answer,
  bomb,
  breaksOff,
  drips,
  floods,
  type HostileServer,
  keepsSilent,
  says,
  startHostile,
} from "./hostile-server.ts";
import { loadOf } from "./load.ts";

const WINDOW_MS = 60_000;
const START = 1_800_000_000_000;
const MIB = 1024 * 1024;
/** A processor of a busy machine is slow: what we want is 100. */
const MOST_BLOCKED_MS = 250;
const MOST_GROWN_MIB = 300;
const EDGE = { client: "a", server: "b", connection_type: "" };

interface Bench {
  readonly server: HostileServer;
  readonly source: PrometheusSource;
  readonly counts: Counts;
  readonly notes: ReadonlyMap<string, string>;
  readonly said: string[];
  readonly clock: { now: number };
  /** Requests of all edges. */
  requests(): number;
}

/** A source that has got 7 requests in the window before `START`. The next one is over by now. */
async function bench(timeoutMs = 20_000): Promise<Bench> {
  const server = await startHostile(good);
  const clock = { now: START + 11_000 };
  const counts = new Counts({ windowMs: WINDOW_MS });
  const notes = new Map<string, string>();
  const said: string[] = [];
  const kind = { name: "Prometheus", address: "its API, as http://localhost:9090", isNothing: () => false };
  const { signal } = new AbortController();
  const api = new BackendApi(kind, { url: server.url, fields: {}, timeoutMs, signal });
  const source = new PrometheusSource({
    ...{ name: api.name, selector: "", keepMs: 120_000 },
    ask: (path, parameters) => api.text(path, parameters),
    now: () => clock.now,
    counts: () => counts,
    came: () => {},
    note: (topic, text) => void (text === undefined ? notes.delete(topic) : notes.set(topic, text)),
    say: (text) => said.push(text),
  });
  expect(await source.poll()).toBe(true);
  clock.now += WINDOW_MS;
  const requests = (): number => [...counts.cells()].reduce((sum, cell) => sum + cell.counts.requests, 0);
  expect([requests(), [...notes]]).toEqual([7, []]);
  return { server, source, counts, notes, said, clock, requests };
}

const result = (...series: unknown[]): object => ({ status: "success", data: { result: series } });
const isRange = (url: URL): boolean => url.pathname.endsWith("query_range");
const queryOf = (url: URL): string => url.searchParams.get("query") ?? "";
const isOf = (url: URL, metric: string): boolean =>
  isRange(url) && queryOf(url).startsWith("sum by") && queryOf(url).includes(`last_over_time(${metric}[`);
const endOf = (url: URL): number => Number(url.searchParams.get("end"));
/** Asks for requests alone: the queries of other metrics look at requests, too. */
const isOfRequests = (url: URL): boolean =>
  isOf(url, "traces_service_graph_request_total") && !/failed|seconds|context/.test(queryOf(url));

/** 7 requests in the newest window that is asked for. */
const good: Answer = (response, url) => {
  if (isOfRequests(url)) says(result({ metric: EDGE, values: [[endOf(url), "7"]] }))(response, url);
  else if (isRange(url) || queryOf(url).startsWith("topk")) says(result())(response, url);
  else says(result({ metric: {}, value: [START / 1000, "1"] }))(response, url);
};

/** Ranges of requests are answered by that; all else well. */
const onRequests =
  (answer: Answer): Answer =>
  (response, url) =>
    (isOfRequests(url) ? answer : good)(response, url);

const endless = Number.POSITIVE_INFINITY;
const series = JSON.stringify({ metric: EDGE, values: [[0, "1"]] });
const inResult = { before: '{"status":"success","data":{"resultType":"matrix","result":[' };

const refused: readonly (readonly [what: string, answer: Answer, reason: RegExp])[] = [
  ["500 with a reason", says({ status: "error", error: "no disk" }, 500), /answered 500: no disk/],
  ["500 with nothing", says("", 500), /answered 500\./],
  ["401", says("", 401), /answered 401: it wants to know who asks, as by --header/],
  [
    "a page",
    says("<!doctype html><h1>Log in</h1>", 200, { "content-type": "text/html" }),
    /answered with a page: is this the address of its API, as http:\/\/localhost:9090\?/,
  ],
  [
    "a redirect to another host",
    says("", 302, { location: "http://elsewhere.invalid/\u009b" }),
    /answered 302: it sends to another address \(http:\/\/elsewhere\.invalid\)/,
  ],
  ["nothing", says(""), /its answer is no JSON, or breaks off/],
  ["text", says("fine"), /its answer is no JSON, or breaks off/],
  ["a list", says([]), /its answer is no JSON object/],
  ["another object", says({ data: { result: [] } }), /its answer has no status/],
  ["no result", says({ status: "success", data: { result: {} } }), /its answer has no result/],
  [
    "JSON that breaks off",
    says('{"status":"success","data":{"result":[{"metric":{}'),
    /no JSON, or breaks off/,
  ],
  ["a result that closes more than it opened", says(`${inResult.before}]]]}}}}]}`), /no JSON, or breaks off/],
  ["a body that breaks off", breaksOff, /terminated|closed|reset/],
  [
    "status error with a reason that steers a terminal",
    says({ status: "error", error: "bad\u001b[2J\u202e query" }),
    /: bad\ufffd\[2J\ufffd query\./,
  ],
  ["no answer", keepsSilent, /no answer within 0.5 s/],
  ["a byte now and then", drips, /no answer within 0.5 s/],
  ["100 MB of nothing", floods(" ", 100 * MIB, { after: "{}" }), /its answer is of no form that we know/],
  [
    "an endless text",
    floods("x", endless, { before: '{"error":"' }),
    /its answer is of no form that we know/,
  ],
  [
    "a series without an end",
    floods('[1,"1"],', endless, { before: `${inResult.before}{"metric":{},"values":[` }),
    /a series of its answer has no end/,
  ],
  ["endless many series", floods(`${series},`, endless, inResult), /its answer is longer than 32 MiB/],
  ["nesting without an end", floods("[", endless, inResult), /a series of its answer has no end/],
  ["a bomb", bomb, /its answer is of no form that we know/],
];

describe("what was there stays, and the reason is said, if Prometheus answers", () => {
  test.each(refused)("%s", async (_, answer, reason) => {
    const isSlow = answer === keepsSilent || answer === drips;
    const { server, source, notes, said, requests, clock } = await bench(isSlow ? 500 : undefined);
    const { until } = source;
    server.answer = onRequests(answer);
    const load = await loadOf(async () => {
      expect(await source.poll()).toBe(false);
    });
    expect(notes.get("away")).toMatch(reason);
    expect(notes.get("away")).toMatch(
      /^Prometheus at http:\/\/127.*It has not answered since \d\d:\d\d:\d\d UTC/,
    );
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(reason);
    for (const text of [...notes.values(), ...said]) {
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text.length).toBeLessThan(600);
    }
    expect([requests(), source.until]).toEqual([7, until]);
    expect(load.blockedMs).toBeLessThan(MOST_BLOCKED_MS);
    expect(load.grownMiB).toBeLessThan(MOST_GROWN_MIB);
    // What was missed comes later.
    server.answer = good;
    clock.now += WINDOW_MS;
    expect(await source.poll()).toBe(true);
    expect([requests(), notes.size, said.length]).toEqual([14, 0, 2]);
  });

  test("a survey as nobody should", async () => {
    for (const [, answer, reason] of refused.slice(0, 12)) {
      const { server, source, notes, requests } = await bench();
      server.answer = answer;
      expect(await source.poll()).toBe(false);
      expect(notes.get("away")).toMatch(reason);
      expect(requests()).toBe(7);
    }
  });

  test("a redirect gets nothing of ours to the other host", async () => {
    const other = await startHostile(good);
    const { server, source } = await bench();
    server.answer = says("", 307, { location: `${other.url}api/v1/query` });
    expect(await source.poll()).toBe(false);
    expect(other.requests).toEqual([]);
  });
});

describe("of what is odd in an answer the rest counts", () => {
  test("values that are no counts, and times that nobody asked for", async () => {
    const { server, source, counts, notes, requests } = await bench();
    server.answer = onRequests((response, url) => {
      const end = endOf(url);
      const values = [
        ...["NaN", "+Inf", "-Inf", "-5", "1e300", "", "x", 5, null, {}].map((value) => [end, value]),
        ...[0, -1, 1e15, end + 1, end - 3600, "1", null, Number.MAX_VALUE].map((time) => [time, "1"]),
        ...[null, 7, [], {}],
        [end, "5"],
      ];
      says(result(null, 1, "x", [], {}, { metric: EDGE, values }, { metric: EDGE, values: {} }))(
        response,
        url,
      );
    });
    expect(await source.poll()).toBe(true);
    expect(requests()).toBe(12);
    expect([...counts.starts()]).toEqual([START - WINDOW_MS, START]);
    expect(notes.get("odd")).toMatch(/^\d+ values in Prometheus's answers are no counts/);
    expect(notes.get("nameless")).toMatch(/series in Prometheus have no client or no server/);
  });

  test("names that steer, hide or are markup", async () => {
    const { server, source, counts } = await bench();
    const hostile = ["<img onerror=x>", "a\u001b[2J", "\u202ea", "__proto__", "x".repeat(100_000)];
    server.answer = onRequests((response, url) => {
      const all = hostile.map((client) => ({
        metric: { ...EDGE, client, connection_type: "<b>" },
        values: [[endOf(url), "1"]],
      }));
      says(result(...all, { metric: { client: {}, server: 1 }, values: [] }))(response, url);
    });
    expect(await source.poll()).toBe(true);
    const names = [...counts.cells(START)].map(({ key }) => key.client);
    expect(names.slice(0, 4)).toEqual(["<img onerror=x>", "a\ufffd[2J", "\ufffda", "__proto__"]);
    expect(names[4]).toHaveLength(128);
    expect([...counts.cells(START)].every(({ key }) => key.connectionType === "")).toBe(true);
  });

  test("buckets without order, without a bound, with a bound that is none, that fall, and that come twice", async () => {
    const { server, source, counts, notes } = await bench();
    const bounds = ["0.8", "+Inf", "0.1", "0.4", "0.10", undefined, "", "x", "NaN", "-Inf", "-1", {}];
    const upTo = ["90", "100", "10", "80", "10", "5", "5", "5", "5", "5", "0", "5"];
    server.answer = (response, url) => {
      if (!isOf(url, "traces_service_graph_request_server_seconds_bucket")) {
        if (!queryOf(url).startsWith("group by (le)")) return good(response, url);
        return says(result(...bounds.map((le) => ({ metric: { le }, value: [1, "1"] }))))(response, url);
      }
      const all = bounds.map((le, i) => ({ metric: { ...EDGE, le }, values: [[endOf(url), upTo[i]]] }));
      return says(result(...all))(response, url);
    };
    expect(await source.poll()).toBe(true);
    const [coarse] = [...counts.cells(START)].filter(({ source: of }) => of === "coarse");
    expect(coarse?.counts.server.count).toBe(100);
    // 20 to 0.1, 60 more to 0.4, 10 more to 0.8.
    expect(coarse?.counts.server.quantile(0.19)).toBeLessThan(0.105);
    expect(coarse?.counts.server.quantile(0.79)).toBeLessThan(0.42);
    expect(notes.get("odd")).toMatch(/^\d+ values/);
  });

  test("what Prometheus warns of is said for as long as that time is kept", async () => {
    const { server, source, notes, requests, clock } = await bench();
    server.answer = (response, url) => {
      if (!isOfRequests(url)) return good(response, url);
      const warnings = [`store \u001b[31m${"x".repeat(5_000)}`, 5];
      const answer = { ...result({ metric: EDGE, values: [[endOf(url), "7"]] }), warnings };
      return says(answer)(response, url);
    };
    expect(await source.poll()).toBe(true);
    expect(requests()).toBe(14);
    expect(notes.get("warning")).toMatch(
      /^Prometheus at http:\S+ warned at \d\d:\d\d:\d\d UTC: store \ufffd\[31mx+…\. What it left out is missing here\.$/,
    );
    expect(notes.get("warning")?.length).toBeLessThan(500);
    server.answer = good;
    clock.now += WINDOW_MS;
    await source.poll();
    expect(notes.has("warning")).toBe(true);
    clock.now += 2 * WINDOW_MS;
    await source.poll();
    expect(notes.has("warning")).toBe(false);
  });
});

describe("very much of it", () => {
  test("100,000 edges in a window: those without room are one, and none is lost", async () => {
    const { server, source, counts, requests, notes } = await bench();
    const values = [[(START + WINDOW_MS) / 1000, "1"]];
    const all = Array.from({ length: 100_000 }, (_, i) => ({
      metric: { ...EDGE, client: `pod-${i}` },
      values,
    }));
    server.answer = onRequests(says(result(...all)));
    let isGood = false;
    const load = await loadOf(async () => {
      isGood = await source.poll();
    });
    expect([isGood, requests()]).toEqual([true, 100_007]);
    expect([...counts.cells(START)]).toHaveLength(2_001);
    expect(counts.droppedEdges()).toBe(1_000);
    expect([...notes]).toEqual([]);
    expect(load.blockedMs).toBeLessThan(MOST_BLOCKED_MS);
    expect(load.grownMiB).toBeLessThan(MOST_GROWN_MIB);
  });

  test("100,000 bounds of buckets, and as many jobs", async () => {
    const { server, source, notes, clock } = await bench();
    const many = (metric: (i: number) => object): object =>
      result(...Array.from({ length: 100_000 }, (_, i) => ({ metric: metric(i), value: [1, "1"] })));
    const [bounds, jobs] = [
      JSON.stringify(many((i) => ({ le: `${i}` }))),
      JSON.stringify(many((i) => ({ ...EDGE, job: `\u001b${i}` }))),
    ];
    const buckets = (end: number): string =>
      JSON.stringify(
        result(
          ...Array.from({ length: 100_000 }, (_, i) => ({
            metric: { ...EDGE, le: `${i}` },
            values: [[end, "1"]],
          })),
        ),
      );
    const text = buckets((START + WINDOW_MS) / 1000);
    server.answer = (response, url) => {
      if (queryOf(url).startsWith("group by (le)")) return says(bounds)(response, url);
      if (queryOf(url).startsWith("topk")) return says(jobs)(response, url);
      if (isOf(url, "traces_service_graph_request_server_seconds_bucket")) return says(text)(response, url);
      return good(response, url);
    };
    clock.now = START + WINDOW_MS + 10_000;
    const load = await loadOf(async () => {
      expect(await source.poll()).toBe(true);
    });
    expect(notes.get("odd")).toMatch(/^99900 values/);
    expect(notes.get("twice")?.length).toBeLessThan(1_000);
    expect(notes.get("twice")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(load.blockedMs).toBeLessThan(MOST_BLOCKED_MS);
    expect(load.grownMiB).toBeLessThan(MOST_GROWN_MIB);
  });

  test("what is too long for many windows is asked for in fewer", async () => {
    const server = await startHostile(good);
    const counts = new Counts({ windowMs: WINDOW_MS });
    const notes = new Map<string, string>();
    const kind = { name: "Prometheus", address: "", isNothing: () => false };
    const { signal } = new AbortController();
    const api = new BackendApi(kind, { url: server.url, fields: {}, timeoutMs: 20_000, signal });
    const source = new PrometheusSource({
      ...{ name: api.name, selector: "", keepMs: 3_600_000 },
      ask: (path, parameters) => api.text(path, parameters),
      now: () => START + 11_000,
      counts: () => counts,
      came: () => {},
      note: (topic, text) => void (text === undefined ? notes.delete(topic) : notes.set(topic, text)),
      say: () => {},
    });
    const asked: number[] = [];
    server.answer = (response, url) => {
      const isOfBuckets = isOf(url, "traces_service_graph_request_server_seconds_bucket");
      if (!isOfRequests(url) && !isOfBuckets) return good(response, url);
      const [start, end] = [Number(url.searchParams.get("start")), endOf(url)];
      const windows: [number, string][] = [];
      for (let time = start; time <= end; time += 30) windows.push([time, "1"]);
      asked.push(windows.length);
      const all = Array.from({ length: 1_000 }, (_, i) => ({
        metric: { ...EDGE, client: `pod-${i}`, ...(isOfBuckets && { le: "0.4" }) },
        values: windows,
      }));
      return says(result(...all))(response, url);
    };
    const load = await loadOf(async () => {
      expect(await source.poll()).toBe(true);
    });
    expect(load.blockedMs).toBeLessThan(MOST_BLOCKED_MS);
    expect([...notes]).toEqual([]);
    expect(asked[0]).toBeGreaterThan(asked.at(-1) ?? 0);
    const cells = [...counts.cells()];
    expect(cells).toHaveLength(2 * 59 * 1_000);
    for (const { source: of, counts: one } of cells)
      expect([one.requests, one.server.count]).toEqual(of === "flow" ? [2, 0] : [0, 2]);
  });
});
