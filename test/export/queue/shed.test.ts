// Fragments that do not fit: what goes out of them first, what never goes, and that every loss is a number.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeldFragment, type QueuedFragment } from "../../../src/export/queue/held-fragment.ts";
import { ANSWERED, CAUSE, FAILED, WELL, type Weight } from "../../../src/tree/weight.ts";
import { bytesOf, errorOf, HeldExporter, queueOf, settled, spanOf } from "../../support/queue.ts";
import { KeptSpans } from "../../support/sdk.ts";

/** A letter for each span: the cause, a failed node, a failed call, one that went well, one told by an answer. */
const WEIGHTS: Readonly<Record<string, Weight>> = {
  C: { level: CAUSE, isNode: true },
  F: { level: FAILED, isNode: true },
  E: { level: FAILED, isNode: false },
  w: { level: WELL, isNode: false },
  t: { level: ANSWERED, isNode: true },
};

function weighted(name: string, letters: string, more: Partial<QueuedFragment> = {}): QueuedFragment {
  const all = [...letters];
  return {
    spans: all.map((letter, i) => spanOf(`${name}.${letter}${i}`)),
    weights: all.map((letter) => WEIGHTS[letter] as Weight),
    verdict: "failed",
    represents: 1,
    ...more,
  };
}

/** What goes out of a queue of so many spans: each fragment as its letters, and what its first span says is missing. */
async function exported(maxQueuedSpans: number, fragments: readonly QueuedFragment[]) {
  const { queue, exporter, health } = queueOf({ exporter: new KeptSpans(), maxQueuedSpans });
  for (const fragment of fragments) queue.add(fragment);
  expect(queue.held.spans).toBeLessThanOrEqual(maxQueuedSpans);
  await queue.forceFlush();
  return { out: textOf(exporter.spans), counts: health.snapshot() };
}

function textOf(spans: readonly KeptSpans["spans"][number][]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const { name, attributes } of spans) {
    const [fragment = "", span = ""] = name.split(".");
    const omitted = attributes["error_tree.omitted"];
    out[fragment] = `${out[fragment] ?? ""}${span[0]}${omitted === undefined ? "" : `(${omitted})`}`;
  }
  return out;
}

describe("a fragment that does not fit", () => {
  test.each([
    [9, "CCFEwwttt"],
    [8, "C(1)CFEwwtt"],
    [6, "C(3)CFEww"],
    [5, "C(3)CFEw"],
    [4, "C(3)CFE"],
    [3, "C(3)CF"],
    [2, "C(4)C"],
  ])("in a queue of %i spans is exported as %s", async (room, text) => {
    const { out, counts } = await exported(room, [weighted("f", "CCFEwwttt")]);
    expect(out).toEqual({ f: text });
    expect(counts).toEqual({
      fragments_exported: 1,
      spans_exported: room,
      represents_written: 1,
      ...(room === 9 ? undefined : { spans_shed: 9 - room }),
    });
  });

  test("is refused, and counted, where not even its cause fits", async () => {
    const { out, counts } = await exported(1, [weighted("f", "CCFEwwttt")]);
    expect(out).toEqual({});
    expect(counts).toEqual({ fragments_dropped: 1, spans_dropped: 9, represents_dropped: 1 });
  });

  test("is measured by its bytes, too", async () => {
    const long = (letter: string) => spanOf(`f.${letter}`, { attributes: { text: "x".repeat(10_000) } });
    const fragment = weighted("f", "CFwt", { spans: [spanOf("f.C"), long("F"), long("w"), long("t")] });
    for (const [parts, text] of [
      [3, "C(1)Fw"],
      [2, "C(1)F"],
      [1, "C(2)"],
    ] as const) {
      const maxQueuedBytes = 500 + (parts - 1) * 11_000;
      const { queue, exporter } = queueOf({ exporter: new KeptSpans(), maxQueuedBytes });
      queue.add(fragment);
      await queue.forceFlush();
      expect(textOf(exporter.spans)).toEqual({ f: text });
    }
  });

  test("adds what is missing to what its first span said before, and warns once", async () => {
    const root = spanOf("f.C0", { attributes: { "error_tree.omitted": 40, "@jaeger@warnings": ["mine"] } });
    const fragment = weighted("f", "Ctt");
    const spans = [root, ...fragment.spans.slice(1)];
    const { queue, exporter } = queueOf({ exporter: new KeptSpans(), maxQueuedSpans: 1 });
    queue.add({ ...fragment, spans });
    await queue.forceFlush();
    expect(exporter.spans[0]?.attributes).toEqual({
      "error_tree.omitted": 42,
      "@jaeger@warnings": [
        "mine",
        "failed operations are missing in the error tree: error_tree.omitted says how many",
      ],
    });
    expect(root.attributes["error_tree.omitted"]).toBe(40);
  });
});

describe("a fragment for which others have to make room", () => {
  test("takes none from them for what was told, or went well", async () => {
    const { out } = await exported(6, [weighted("a", "CF"), weighted("b", "CF"), weighted("c", "CFwwttt")]);
    expect(out).toEqual({ a: "CF", b: "CF", c: "C(3)F" });
  });

  test("has the oldest shed what was told and went well before any of them goes", async () => {
    const { out, counts } = await exported(12, [
      weighted("a", "CFwttt"),
      weighted("b", "CFwttt"),
      weighted("c", "CFCF"),
    ]);
    expect(out).toEqual({ a: "C(3)F", b: "CFwttt", c: "CFCF" });
    expect(counts).toMatchObject({ spans_shed: 4, fragments_exported: 3 });
  });

  test("then has the oldest go", async () => {
    const { out, counts } = await exported(5, [
      weighted("a", "CFt"),
      weighted("b", "CFw"),
      weighted("c", "CFt"),
    ]);
    expect(out).toEqual({ b: "CF", c: "CFt" });
    expect(counts).toMatchObject({ fragments_dropped: 1, represents_dropped: 1, spans_shed: 2 });
  });

  test("has what was answered well go before what failed sheds anything", async () => {
    const { out } = await exported(8, [
      weighted("a", "CFttt"),
      weighted("h", "Ctt", { verdict: "handled" }),
      weighted("c", "CFC"),
    ]);
    expect(out).toEqual({ a: "CFttt", c: "CFC" });
  });

  test("has nothing shed by what matters more than itself", async () => {
    const { out } = await exported(5, [weighted("a", "CFttt"), weighted("h", "CF", { verdict: "handled" })]);
    expect(out).toEqual({ a: "CFttt" });
  });

  test("leaves alone what the exporter has in its hands", async () => {
    const { queue, exporter } = queueOf({ exporter: new HeldExporter(), maxQueuedSpans: 6 });
    queue.add(weighted("a", "CFtt"));
    const flushed = queue.forceFlush();
    await settled();
    queue.add(weighted("b", "CFtt"));
    queue.add(weighted("c", "CF"));
    await exporter.succeed();
    await exporter.succeed();
    await flushed;
    expect(exporter.names).toEqual([
      ["a.C0", "a.F1", "a.t2", "a.t3"],
      ["c.C0", "c.F1"],
    ]);
  });
});

test("a fragment that sheds again and again says at last how much is missing of all of it", () => {
  const letters = `C${"t".repeat(1000)}`;
  const held = new HeldFragment(weighted("f", letters));
  for (let spans = 1000; spans > 0; spans--) held.shed({ spans, bytes: Number.POSITIVE_INFINITY }, FAILED);
  expect(textOf(held.spans)).toEqual({ f: "C(1000)" });
  let layers = 0;
  for (let at: unknown = held.spans[0]; at !== null; at = Object.getPrototypeOf(at)) layers++;
  expect(layers).toBeLessThan(5);
});

test("a fragment whose first span goes says it on the next one", () => {
  const held = new HeldFragment(weighted("f", "twCF"));
  held.shed({ spans: 3, bytes: Number.POSITIVE_INFINITY }, FAILED);
  held.shed({ spans: 1, bytes: Number.POSITIVE_INFINITY }, CAUSE);
  expect(textOf(held.spans)).toEqual({ f: "C(2)" });
});

describe("a fragment that the receiver finds too large", () => {
  test("is tried again without what matters less, and only then dropped", async () => {
    const { queue, exporter, health } = queueOf();
    queue.add(weighted("f", "CCFwtt"));
    const flushed = queue.forceFlush();
    await exporter.fail(errorOf(413));
    await exporter.fail(errorOf(413));
    await exporter.fail(errorOf(413));
    await flushed;
    expect(exporter.names).toEqual([
      ["f.C0", "f.C1", "f.F2", "f.w3", "f.t4", "f.t5"],
      ["f.C0", "f.C1", "f.F2"],
      ["f.C0", "f.C1"],
    ]);
    expect(health.snapshot()).toEqual({
      exports_failed: 3,
      spans_shed: 4,
      fragments_dropped: 1,
      spans_dropped: 2,
      represents_dropped: 1,
    });
    expect(queue.held).toEqual({ fragments: 0, spans: 0, bytes: 0, represents: 0 });
  });

  test("goes out where that is enough", async () => {
    const { queue, exporter, health } = queueOf();
    queue.add(weighted("f", "CCFwtt"));
    const flushed = queue.forceFlush();
    await exporter.fail(errorOf(413));
    await exporter.succeed();
    await flushed;
    expect(health.snapshot()).toMatchObject({ fragments_exported: 1, spans_exported: 3, spans_shed: 3 });
    expect(queue.held.fragments).toBe(0);
  });
});

test("whatever comes: the bounds hold, causes stay, and what is missing is told", async () => {
  const letters = fc.array(fc.constantFrom("C", "F", "E", "w", "t"), { maxLength: 30 });
  const fragment = fc.record({
    letters: letters.map((all) => ["C", ...all].join("")),
    verdict: fc.constantFrom("ok", "handled", "rejected", "failed") as fc.Arbitrary<
      QueuedFragment["verdict"]
    >,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fragment, { maxLength: 12 }),
      fc.integer({ min: 1, max: 60 }),
      async (all, room) => {
        const { queue, exporter, health } = queueOf({ exporter: new KeptSpans(), maxQueuedSpans: room });
        const given = all.map(({ letters, verdict }, i) => weighted(`${i}`, letters, { verdict }));
        for (const one of given) {
          queue.add(one);
          expect(queue.held.spans).toBeLessThanOrEqual(room);
          expect(queue.held.bytes).toBeLessThanOrEqual(given.reduce((sum, each) => sum + bytesOf(each), 0));
        }
        await queue.forceFlush();
        expect(queue.held).toEqual({ fragments: 0, spans: 0, bytes: 0, represents: 0 });
        const out = textOf(exporter.spans);
        for (const [name, text] of Object.entries(out)) {
          const before = all[Number(name)]?.letters as string;
          const left = text.replace(/\(\d+\)/, "");
          const nodes = (of: string): number => of.replace(/[Ew]/g, "").length;
          const causes = (of: string): string => of.replace(/[^C]/g, "");
          expect(causes(left)).toBe(causes(before));
          expect(Number(/\((\d+)\)/.exec(text)?.[1] ?? 0)).toBe(nodes(before) - nodes(left));
        }
        const { spans_exported = 0, spans_dropped = 0, spans_shed = 0 } = health.snapshot();
        expect(spans_exported + spans_dropped + spans_shed).toBe(
          all.reduce((sum, one) => sum + one.letters.length, 0),
        );
        expect(spans_exported).toBe(exporter.spans.length);
      },
    ),
  );
});
