// What does not count of a request over OTLP is said in the answer to it, in the encoding of the request.
import { describe, expect, it } from "vitest";
import { BYTES, Fields, VARINT } from "../../../src/otlp/fields.ts";
import { field, fixed } from "./protobuf-bytes.ts";
import { type Serving, START, withObservatory } from "./serving.ts";

const [JSON_TYPE, PROTOBUF] = ["application/json", "application/x-protobuf"];
const REQUESTS = "traces_service_graph_request_total";

interface Point {
  readonly client?: string;
  readonly server?: string;
  readonly time?: number;
  readonly value?: number;
}

function inJson(points: readonly Point[]): string {
  const dataPoints = points.map(({ client, server, time = START, value = 1 }) => ({
    attributes: Object.entries({ client, server }).flatMap(([key, text]) =>
      text === undefined ? [] : [{ key, value: { stringValue: text } }],
    ),
    ...{ startTimeUnixNano: `${START - 1}000000`, timeUnixNano: `${time}000000`, asDouble: value },
  }));
  const metric = { name: REQUESTS, sum: { aggregationTemporality: 2, dataPoints } };
  return JSON.stringify({ resourceMetrics: [{ resource: {}, scopeMetrics: [{ metrics: [metric] }] }] });
}

function inProtobuf(points: readonly Point[]): Buffer {
  const all = points.map(({ client, server, time = START, value = 1 }) => {
    const pairs = Object.entries({ client, server }).map(([key, text]) =>
      text === undefined
        ? Buffer.alloc(0)
        : field(7, Buffer.concat([field(1, Buffer.from(key)), field(2, field(1, Buffer.from(text)))])),
    );
    const number = Buffer.alloc(9, (4 << 3) | 1);
    number.writeDoubleLE(value, 1);
    const times = [fixed(2, BigInt(START - 1) * 1_000_000n), fixed(3, BigInt(time) * 1_000_000n)];
    return field(1, Buffer.concat([...pairs, ...times, number]));
  });
  const sum = field(7, Buffer.concat([...all, Buffer.from([0x10, 2])]));
  return field(1, field(2, field(2, Buffer.concat([field(1, Buffer.from(REQUESTS)), sum]))));
}

/** `ExportMetricsServiceResponse`, or that of traces: they have the same numbers. */
function partialSuccessIn(bytes: Buffer): { rejected: number; message: string } | undefined {
  const response = new Fields(bytes);
  if (!response.next()) return undefined;
  expect([response.number, response.type]).toEqual([1, BYTES]);
  const partial = response.message();
  const found = { rejected: 0, message: "" };
  while (partial.next()) {
    if (partial.number === 1 && partial.type === VARINT) found.rejected = partial.unsigned();
    if (partial.number === 2 && partial.type === BYTES) found.message = partial.text();
  }
  return found;
}

const KINDS: readonly [what: string, message: string, points: readonly Point[]][] = [
  ["without a server", `a point of ${REQUESTS} has no server`, [{ client: "a" }]],
  [
    "that are no counts",
    `a point of ${REQUESTS} holds something that is no count, or no time`,
    [{ client: "a", server: "b", value: -1 }],
  ],
  [
    "of another time",
    `a point of ${REQUESTS} is of a time that is not kept`,
    [{ client: "a", server: "b", time: START + 1e9 }],
  ],
  [
    "without room",
    `there is no room for a series of ${REQUESTS}`,
    Array.from({ length: 3 }, (_, i) => ({ client: `c${i}`, server: "b" })),
  ],
];

describe("points", () => {
  it.each(KINDS)("%s are rejected", (_, message, points) =>
    withObservatory(
      async (serving) => {
        const rejected = 1;
        const json = await serving.post("/v1/metrics", JSON_TYPE, inJson(points));
        expect(json.headers.get("content-type")).toBe(JSON_TYPE);
        expect([json.status, await json.json()]).toEqual([
          200,
          { partialSuccess: { rejectedDataPoints: `${rejected}`, errorMessage: message } },
        ]);
        const protobuf = await serving.post("/v1/metrics", PROTOBUF, new Uint8Array(inProtobuf(points)));
        expect(protobuf.headers.get("content-type")).toBe(PROTOBUF);
        expect(protobuf.status).toBe(200);
        expect(partialSuccessIn(Buffer.from(await protobuf.arrayBuffer()))).toEqual({ rejected, message });
      },
      { options: { limits: { mostSeries: 2 } } },
    ),
  );

  it("that count, and those that came before, are not", () =>
    withObservatory(async (serving) => {
      const points = [{ client: "a", server: "b" }];
      for (let i = 0; i < 2; i++) {
        expect(await (await serving.post("/v1/metrics", JSON_TYPE, inJson(points))).json()).toEqual({});
        const answer = await serving.post("/v1/metrics", PROTOBUF, new Uint8Array(inProtobuf(points)));
        expect((await answer.arrayBuffer()).byteLength).toBe(0);
      }
    }));

  it("of a caller whose name is blank are of an unknown service", () =>
    withObservatory(async (serving) => {
      await serving.post(
        "/v1/metrics",
        JSON_TYPE,
        inJson([
          { client: " ", server: "b" },
          { client: "a", server: "" },
        ]),
      );
      serving.now += 1;
      const { edges } = await serving.json<{ edges: object[] }>("/api/picture");
      expect(edges).toMatchObject([
        { client: "a", server: "unknown_service" },
        { client: "unknown_service", server: "b" },
      ]);
    }));
});

describe("spans", () => {
  const span = (i: number, id = ""): object => ({
    ...{ traceId: "5b8efff798038103d269b633813fc60c", spanId: `${id}${i}`.padStart(16, "a"), name: "GET /" },
    ...{ startTimeUnixNano: `${START}000000`, endTimeUnixNano: `${START + 5}000000` },
  });
  const send = async (serving: Serving, spans: readonly object[]): Promise<unknown> =>
    (
      await serving.post(
        "/v1/traces",
        JSON_TYPE,
        JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
      )
    ).json();

  it("that could not be read, or for which there was no room, are rejected", () =>
    withObservatory(
      async (serving) => {
        expect(await send(serving, [span(1), { name: "x" }])).toEqual({
          partialSuccess: { rejectedSpans: "1", errorMessage: "traces with parts that could not be read" },
        });
        expect(await send(serving, [span(2, "x".repeat(200)), { name: "x" }])).toEqual({
          partialSuccess: {
            rejectedSpans: "2",
            errorMessage: "a span with an id of more than 128 characters",
          },
        });
        expect(await send(serving, [span(3), span(4)])).toEqual({
          partialSuccess: { rejectedSpans: "1", errorMessage: "a trace has more than 2 spans" },
        });
      },
      { options: { limits: { mostSpansOfTrace: 2 } } },
    ));
});
