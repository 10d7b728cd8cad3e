// The memory of all tables together, when each of them is full of the largest things that it takes.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { TreeRendering } from "../../../src/cli/observatory/tree-rendering.ts";
import { Observatory } from "../../../src/observatory/server/observatory.ts";
import { atOnce } from "../../../src/otlp/work.ts";
import { START } from "./serving.ts";

/** What docs/observatory.md says. */
const MOST_MB = 512;
const WINDOWS = 60;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function megabytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

/** Text of so many characters of two bytes each. */
function long(name: string, i: number, chars: number): string {
  return `${name}${i}`.padEnd(chars, "\u00fc\u0416");
}

function attribute(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

/** Durations from a microsecond to a day. */
const WIDE = {
  positive: { offset: -161, bucketCounts: Array.from({ length: 298 }, () => 1) },
  scale: 3,
  sum: 1,
};

const [DELTA, CUMULATIVE] = [1, 2];

function metrics(i: number, time: number, aggregationTemporality: number): unknown {
  const attributes = [attribute("client", long("c", i, 128)), attribute("server", long("s", i, 128))];
  const point = { attributes, startTimeUnixNano: `${START - 1}000000`, timeUnixNano: `${time}000000` };
  const histogram = (name: string): object => ({
    name,
    exponentialHistogram: { aggregationTemporality, dataPoints: [{ ...point, ...WIDE }] },
  });
  return {
    resourceMetrics: [
      {
        resource: { attributes: [attribute("service.name", long("s", i, 128))] },
        scopeMetrics: [
          {
            metrics: [
              histogram("error_tree.edge.server.duration"),
              histogram("error_tree.edge.client.duration"),
              {
                name: "traces_service_graph_request_total",
                sum: { aggregationTemporality, dataPoints: [{ ...point, asInt: "1" }] },
              },
            ],
          },
        ],
      },
    ],
  };
}

function trace(i: number): unknown {
  const traceId = long("t", i, 128);
  const ids = Array.from({ length: 100 }, (_, n) => long("s", n, 128));
  const spans = ids.map((spanId, n) => ({
    ...{
      traceId,
      spanId,
      kind: n === 0 ? 2 : 3,
      name: long("n", n, 60),
      status: { code: 2, message: long("m", n, 30) },
    },
    ...(n === 0 ? undefined : { parentSpanId: ids[n - 1] }),
    startTimeUnixNano: `${START}000000`,
    endTimeUnixNano: `${START + 5}000000`,
    attributes: [attribute("server.address", long("p", n, 100))],
  }));
  const resource = { attributes: [attribute("service.name", long("v", i, 128))] };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] };
}

it(`is less than ${MOST_MB} MB`, { timeout: 120_000 }, () => {
  let now = START;
  const observatory = new Observatory({ rendering: new TreeRendering(undefined), now: () => now });
  const { intake } = observatory;
  const event = (event: object): void => void intake.eventLine(JSON.stringify(event), now);
  const before = megabytes();
  // Of cumulative series the last value is kept; those of increases fill the windows.
  for (let i = 0; i < 27_000; i++) {
    const time = now - (i % WINDOWS) * 10_000 - Math.floor(i / 7_000);
    atOnce(intake.metricsJson(metrics(i % 7_000, time, i < 7_000 ? CUMULATIVE : DELTA)));
  }
  const phases = [megabytes()];
  for (let i = 0; i < 120_000; i++) {
    const [node, time] = [long("n", i, 128), now - (i % WINDOWS) * 10_000];
    event({ node, token: long("t", i, 256), time });
    event({ node, token: long("t", i, 256), id: long("i", i, 256), time });
    event({ node, token: long("t", i, 256), parent: long("j", i, 256), time });
  }
  phases.push(megabytes());
  // Some fill the list, others are still open.
  for (let i = 0; i < 1_200; i++) {
    atOnce(intake.tracesJson(trace(i), now));
    if (i > 600 || i % 25 !== 0) continue;
    now += 600;
    observatory.tick();
  }
  phases.push(megabytes());
  expect(observatory.failures(1_000)).toHaveLength(500);
  const notes = observatory.doubts().notes.join(" ");
  for (const full of [
    "so many edges",
    "series for which",
    "not wait for their parent",
    "Ids of events that were",
    "Tokens that were",
    "Failing traces",
  ]) {
    expect(notes).toContain(full);
  }
  expect(Math.max(...phases) - before).toBeLessThan(MOST_MB);
});
