// What services exported is sent again: the same spans, each time of other traces.
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterEach, beforeEach, expect, test } from "vitest";
import { INTERNAL, SAMPLED, STATUS_UNSET } from "../../../src/spans/otel.ts";
import { unrecordedSpan } from "../../../src/spans/written-span.ts";
import { Recorder } from "./recording.ts";
import { idOfCopy, traceIdsIn } from "./trace-ids.ts";

const IDS = ["00000000000000000000000000000001", "fffe0000000000000000000000000002"];
const LINKED = "abcd0000000000000000000000000003";

let service: Recorder;
let collector: Recorder;

beforeEach(async () => {
  [service, collector] = [new Recorder(), new Recorder()];
  await Promise.all([service.listen(), collector.listen()]);
});

afterEach(async () => {
  await Promise.all([service.close(), collector.close()]);
});

function spanOf(traceId: string): ReadableSpan {
  const span = unrecordedSpan({
    name: "step",
    kind: INTERNAL,
    context: { traceId, spanId: "00000000000000aa", traceFlags: SAMPLED },
    startTime: [1, 0],
    endTime: [2, 0],
    status: { code: STATUS_UNSET },
    attributes: { text: "x".repeat(300) },
    resource: { attributes: {}, merge: () => span.resource, getRawAttributes: () => [] },
  });
  span.links = [{ context: { traceId: LINKED, spanId: "00000000000000bb", traceFlags: 0 } }];
  return span;
}

function idsIn(body: Uint8Array): string[] {
  return traceIdsIn(body).map((at) => Buffer.from(body.subarray(at, at + 16)).toString("hex"));
}

test("each copy has trace ids of its own, in spans and links", async () => {
  const exporter = new OTLPTraceExporter({ url: `${service.url}/v1/traces` });
  service.begin();
  await new Promise((done) => exporter.export(IDS.map(spanOf), done));
  await exporter.shutdown();
  collector.begin();
  await service.take().send({ url: collector.url, speed: 10, copies: 3, first: 299 });
  const bodies = collector.take().bodies;
  const all = [IDS[0], LINKED, IDS[1], LINKED] as string[];
  // Over connections of their own: which of them comes first nobody promises.
  const copies = [299, 300, 301].map((copy) => all.map((id) => idOfCopy(id, copy)));
  expect(bodies.map(idsIn).sort()).toEqual(copies.sort());
  expect(new Set(bodies.flatMap(idsIn)).size).toBe(9);
  expect(new Set(bodies.map(({ length }) => length)).size).toBe(1);
});
