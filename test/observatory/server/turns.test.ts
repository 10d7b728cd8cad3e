// Bodies that take long to read: everybody else has their turn meanwhile.
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { field, fixed } from "./protobuf-bytes.ts";
import { type Serving, START, withObservatory } from "./serving.ts";

const [PROTOBUF, JSON_TYPE, NDJSON] = ["application/x-protobuf", "application/json", "application/x-ndjson"];
const BYTES = 12 * 1024 * 1024;
/** Nobody waits longer, or than a small part of the whole: some slices, on a machine that has other things to do. In milliseconds. */
const GENEROUS = 300;

function many(piece: (i: number) => Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let [i, bytes] = [0, 0]; bytes < BYTES; i++) {
    const next = piece(i);
    bytes += next.length;
    pieces.push(next);
  }
  return Buffer.concat(pieces);
}

/** The same some bytes again and again. */
const filled = (...bytes: number[]): Buffer => Buffer.alloc(BYTES, Buffer.from(bytes));

function id(i: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes, 1);
  buffer.writeUInt32BE(i);
  return buffer;
}

const IDS = Buffer.concat([field(1, id(1, 16)), field(2, id(1, 8))]);
const TIMES = Buffer.concat([fixed(7, BigInt(START) * 1_000_000n), fixed(8, BigInt(START) * 1_000_000n)]);
const inScope = (scope: Buffer): Buffer => field(1, field(2, scope));
const name = (text: string): Buffer => field(1, Buffer.from(text));

const SPANS = inScope(
  many((i) =>
    field(2, Buffer.concat([field(1, id(i, 16)), field(2, id(i, 8)), field(5, Buffer.from("x")), TIMES])),
  ),
);
const HUGE_SPAN = inScope(field(2, Buffer.concat([IDS, TIMES, filled(0x5a, 0x00)])));
const POINTS = inScope(
  field(
    2,
    Buffer.concat([
      name("traces_service_graph_request_total"),
      field(
        7,
        many((i) => field(1, id(i, 12))),
      ),
    ]),
  ),
);
const SPANS_JSON = JSON.stringify({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: Array.from({ length: BYTES / 130 }, (_, i) => ({
            ...{
              traceId: id(i, 16).toString("hex"),
              spanId: id(i, 8).toString("hex"),
              startTimeUnixNano: `${START}000000`,
            },
          })),
        },
      ],
    },
  ],
});

const BODIES: readonly [what: string, path: string, type: string, body: string | Buffer][] = [
  ["tiny spans in protobuf", "/v1/traces", PROTOBUF, SPANS],
  ["tiny spans in JSON", "/v1/traces", JSON_TYPE, SPANS_JSON],
  ["one span of millions of events", "/v1/traces", PROTOBUF, HUGE_SPAN],
  ["empty resources", "/v1/traces", PROTOBUF, filled(0x0a, 0x00)],
  ["empty scopes", "/v1/traces", PROTOBUF, field(1, filled(0x12, 0x00))],
  ["tiny points", "/v1/metrics", PROTOBUF, POINTS],
  ["empty log records", "/v1/logs", PROTOBUF, inScope(filled(0x12, 0x00))],
  ["tiny objects", "/v1/metrics", JSON_TYPE, `{"resourceMetrics":[${"{},".repeat(900_000)}{}]}`],
  ["tiny lists", "/v1/traces", JSON_TYPE, `{"resourceSpans":[${"[],".repeat(BYTES / 3)}[]]}`],
  ["tiny events", "/v1/events", NDJSON, `{"node":"a","token":1}\n`.repeat(BYTES / 23)],
  [
    "lines of tiny objects",
    "/v1/events",
    NDJSON,
    `{"node":[${"{},".repeat(20_000)}{}]}\n`.repeat(BYTES / 60_020),
  ],
];

/** How long the loop was held at most while something was done, and how long that took. In milliseconds. */
async function held(work: () => Promise<unknown>): Promise<{ longest: number; all: number }> {
  const begin = performance.now();
  let [longest, before] = [0, begin];
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
  };
  const timer = setInterval(look, 1);
  try {
    await work();
  } finally {
    clearInterval(timer);
    look();
  }
  return { longest, all: before - begin };
}

async function send(serving: Serving, path: string, type: string, body: Buffer): Promise<void> {
  const { status } = await serving.post(path, type, new Uint8Array(body), { "content-encoding": "gzip" });
  expect([200, 400]).toContain(status);
}

describe("a body", () => {
  it.each(BODIES)("of %s does not hold up others", (_, path, type, body) =>
    withObservatory(async (serving) => {
      const zipped = gzipSync(body, { level: 1 });
      const { longest, all } = await held(() => send(serving, path, type, zipped));
      expect(longest).toBeLessThan(Math.max(GENEROUS, all / 4));
      expect((await serving.get("/api/picture")).status).toBe(200);
    }),
  );

  it("that is short is not behind one that is long", () =>
    withObservatory(async (serving) => {
      const answered: string[] = [];
      const long = send(serving, "/v1/traces", PROTOBUF, gzipSync(SPANS, { level: 1 })).then(() =>
        answered.push("long"),
      );
      // The long one is being read when its first spans are there.
      while (serving.observatory.intake.counts.services().next().done)
        await new Promise((resolve) => setImmediate(resolve));
      await serving.post("/v1/events", NDJSON, '{"node":"a","token":1}');
      answered.push("short");
      await long;
      expect(answered).toEqual(["short", "long"]);
    }));

  it("of JSON of very many parts is refused", () =>
    withObservatory(async (serving) => {
      const answer = await serving.post(
        "/v1/traces",
        JSON_TYPE,
        `{"resourceSpans":[${"[],".repeat(1_000_001)}[]]}`,
      );
      expect([answer.status, await answer.text()]).toEqual([
        400,
        expect.stringContaining("more than 1000000 arrays"),
      ]);
    }));
});
