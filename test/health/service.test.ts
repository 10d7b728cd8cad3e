// Our metrics under a real NodeSDK: what a reader shows is what was done, and what counts() says.
import { once } from "node:events";
import http from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { SpanKind, trace } from "@opentelemetry/api";
import { AggregationTemporality } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { expect, test, vi } from "vitest";
import { readErrorTree } from "../../src/program/read.ts";
import { idOfAsk } from "../../src/wire/header.ts";
import { KeptSpans } from "../support/sdk.ts";
import { listen, plainService, request, type WireResponse } from "../support/sdk-http.ts";
import { expectedValues, seriesOf, startService, TestReader } from "./reading.ts";

const ASK = { "x-error-tree": 'v=1, id="00f067aa0ba902b7", from="test"' };
const FORWARDED = { ...ASK, "x-forwarded-for": "203.0.113.7" };

/** Takes spans, and says so only when it is told to, and from then on. */
class SlowExporter implements SpanExporter {
  readonly #waiting: (() => void)[] = [];
  #isOpen = false;
  #called: (() => void) | undefined;

  export(_batch: ReadableSpan[], done: (result: { code: number }) => void): void {
    if (this.#isOpen) {
      done({ code: 0 });
      return;
    }
    this.#waiting.push(() => done({ code: 0 }));
    this.#called?.();
  }

  called(): Promise<void> {
    return this.#waiting.length > 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#called = resolve;
        });
  }

  takesAll(): void {
    this.#isOpen = true;
    for (const done of this.#waiting.splice(0)) done();
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

/** Answers with the status of its path, after so many steps that fail. */
function server(): http.Server {
  return http.createServer((req, res) => {
    const [, status = "", steps = "0"] = req.url?.split("/") ?? [];
    for (let i = 0; i < Number(steps); i++) step(`step ${i}`);
    res.writeHead(Number(status), status === "599" ? { "x-large": "x".repeat(3500) } : {}).end();
  });
}

function step(name: string): void {
  const span = trace.getTracer("test").startSpan(name, { kind: SpanKind.CLIENT });
  span.setStatus({ code: 2, message: `${name} broke, and tells so at some length` }).end();
}

function sizeOf(response: WireResponse): number {
  return response.field("x-error-tree")?.length ?? Number.NaN;
}

test("every count is shown with its attributes, what was never counted as 0", async () => {
  const reader = new TestReader();
  const { parts } = await startService([reader], new KeptSpans());
  const port = await listen(server());
  const before = await reader.read();
  expect(before).toMatchObject(expectedValues({}));

  const fine = await request(port, "/200", ASK);
  const failed = await request(port, "/500", ASK);
  const large = await request(port, "/500/200", ASK);
  const rejected = await request(port, "/404");
  const handled = await request(port, "/200/1");
  const refused = await request(port, "/500", FORWARDED);
  const malformed = await request(port, "/200", { "x-error-tree": "???" });
  const full = await request(port, "/599", ASK);
  expect([rejected, handled, refused, malformed, full].map((r) => r.field("x-error-tree"))).toEqual(
    Array(5).fill(undefined),
  );
  const { root, omitted } = readErrorTree(large.field("x-error-tree") as string) ?? {};
  expect((root?.children.length ?? 0) + (omitted ?? 0)).toBe(200);
  expect(omitted).toBeGreaterThan(0);

  await vi.waitFor(() =>
    expect(parts.counts()).toMatchObject({ fragments_exported: 4, spans_exported: 204 }),
  );
  const values = await reader.read();
  const shown = (name: Parameters<typeof seriesOf>[0]): number | undefined => values[seriesOf(name)];
  expect(values).toMatchObject(expectedValues(parts.counts()));
  expect(shown("answers_minimal")).toBe(1);
  expect(shown("answer_bytes_minimal")).toBe(sizeOf(fine));
  expect(shown("answers_tree")).toBe(2);
  expect(shown("answer_bytes_tree")).toBe(sizeOf(failed) + sizeOf(large));
  expect(shown("nodes_omitted")).toBe(omitted);
  expect(shown("answers_unwritten")).toBe(1);
  expect(shown("asks_refused")).toBe(1);
  expect(shown("asks_malformed")).toBe(1);
  expect(shown("verdicts_failed")).toBe(4);
  expect(shown("verdicts_rejected")).toBe(1);
  expect(shown("verdicts_handled")).toBe(1);
  expect(shown("internal_errors")).toBe(0);
});

test("an answer behind the body is counted beside the one in the head", async () => {
  const reader = new TestReader();
  await startService([reader], new KeptSpans());
  const late = http.createServer((_, res) => {
    res.write("first");
    step("late");
    res.end();
  });
  const response = await request(await listen(late), "/", ASK);
  const trailer = response.trailers.find(([name]) => name === "x-error-tree")?.[1];
  const values = await reader.read();
  expect(values[seriesOf("answers_minimal")]).toBe(1);
  expect(values[seriesOf("answer_bytes_minimal")]).toBe(sizeOf(response));
  expect(values[seriesOf("answers_tree")]).toBe(1);
  expect(values[seriesOf("answer_bytes_tree")]).toBe(trailer?.length);
});

test("levels are what is in flight, queued and pending at the moment of the collection", async () => {
  const reader = new TestReader();
  const exporter = new SlowExporter();
  await startService([reader], exporter, { firstPerKind: 1 });
  const port = await listen(server());
  let release = (): void => {};
  const held = http.createServer((_, res) => {
    release = () => res.end();
  });
  const waiting = request(await listen(held), "/");
  await once(held, "request");
  await request(port, "/500");
  await request(port, "/500");
  await exporter.called();
  const levels = ["fragments_live", "spans_queued", "trees_pending"] as const;
  const read = async (): Promise<unknown> => {
    const values = await reader.read();
    return levels.map((name) => values[seriesOf(name)]);
  };
  // One is with the exporter, one is held back by the limiter.
  await vi.waitFor(async () => expect(await read()).toEqual([1, 1, 2]));
  release();
  await waiting;
  exporter.takesAll();
  await vi.waitFor(async () => expect(await read()).toEqual([0, 0, 1]));
});

test.each<[string, AggregationTemporality]>([
  ["cumulative", AggregationTemporality.CUMULATIVE],
  ["delta", AggregationTemporality.DELTA],
])("the last collection of NodeSDK's shutdown, %s, waits for spans on their way", async (_, temporality) => {
  const reader = new TestReader(temporality);
  const exporter = new SlowExporter();
  const { parts, sdk } = await startService([reader], exporter, { firstPerKind: 1 });
  const port = await listen(server());
  await request(port, "/500");
  await request(port, "/500");
  const over = sdk.shutdown();
  await exporter.called();
  await turn();
  expect(reader.collections).toEqual([]);
  exporter.takesAll();
  await over;
  expect(parts.counts()).toMatchObject({ represents_written: 2, fragments_exported: 2, trees_failed: 2 });
  expect(reader.collections).toHaveLength(1);
  expect(reader.last).toMatchObject(expectedValues(parts.counts()));
  expect(reader.last[seriesOf("trees_pending")]).toBe(0);
});

test("both of two readers get the last numbers", async () => {
  const readers = [new TestReader(), new TestReader()];
  const { parts, sdk } = await startService(readers, new KeptSpans());
  await request(await listen(server()), "/500");
  await sdk.shutdown();
  for (const { last } of readers) {
    expect(last).toMatchObject(expectedValues(parts.counts()));
    expect(last[seriesOf("represents_written")]).toBe(1);
  }
});

test("the last collection waits a second for an exporter that hangs, and no longer", async () => {
  const reader = new TestReader();
  const exporter = new SlowExporter();
  const { sdk } = await startService([reader], exporter);
  await request(await listen(server()), "/500");
  const over = sdk.shutdown();
  const began = performance.now();
  while (reader.collections.length === 0) await turn();
  const waited = performance.now() - began;
  expect(reader.last).toMatchObject({
    [seriesOf("trees_failed")]: 1,
    [seriesOf("represents_written")]: 0,
    [seriesOf("spans_queued")]: 1,
  });
  expect(waited).toBeGreaterThan(900);
  exporter.takesAll();
  await over;
});

test("answers that came back are shown by whether they were read, malformed or foreign", async () => {
  const reader = new TestReader();
  const { parts } = await startService([reader], new KeptSpans());
  const told: readonly ((id: string) => string)[] = [
    (id) => `ok;id="${id}";s="stock"`,
    (id) => `not-found;id="${id}";s="stock"`,
    () => "???",
    () => 'ok;id="ffffffffffffffff";s="stock"',
  ];
  for (const answer of told) {
    const { port } = await plainService(200, "fine", (head) => [`x-error-tree: ${answer(askIn(head))}`]);
    await trace.getTracer("test").startActiveSpan("job", async (job) => {
      await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
      job.end();
    });
  }
  const values = await reader.read();
  expect(values).toMatchObject(expectedValues(parts.counts()));
  expect(values).toMatchObject({
    "error_tree.answer.received": 2,
    "error_tree.answer.received{error.type=malformed}": 1,
    "error_tree.answer.received{error.type=foreign}": 1,
    "error_tree.tree.seen{error_tree.verdict=handled}": 1,
  });
});

/** The id of the ask in a request's head. */
function askIn(head: string): string {
  return idOfAsk(/^x-error-tree: (.*)$/im.exec(head)?.[1]?.trim()) ?? "none";
}
