// Which services a picture has, and when their flow metrics count in place of their spans.
import { expect, test } from "vitest";
import { buildPicture } from "../../../src/observatory/graph/build-picture.ts";
import { Counts } from "../../../src/observatory/graph/counts.ts";
import type { Picture } from "../../../src/observatory/graph/picture.ts";

const MINUTE = 60_000;
const NOW = 1_800_000_000_000;

function pictureOf(counts: Counts): Picture {
  const doubts = { silent: [], droppedEdges: 0, unreadable: { count: 0 }, outOfTime: 0, notes: [] };
  return buildPicture(counts, { from: NOW - 15 * MINUTE, to: NOW + MINUTE, at: NOW, doubts });
}

function countsWithSpans(): Counts {
  const counts = new Counts({ windowMs: 10_000 });
  counts.cell(NOW, { client: "shop", server: "bank", connectionType: "" }, "spans").counts.requests = 7;
  counts.seen("shop", NOW);
  return counts;
}

test("spans count again some minutes after a service has sent its last flow metrics", () => {
  for (const [minutes, edges] of [
    [1, 0],
    [16, 0],
    [50, 1],
  ] as const) {
    const counts = countsWithSpans();
    counts.seen("shop", NOW - minutes * MINUTE, true);
    expect(pictureOf(counts).edges, `${minutes} minutes ago`).toHaveLength(edges);
  }
});

test.each(["checkout-service-of-the-european-shop-v2", "m\u00fcnze"])(
  "%s is one node, whatever part of its name its metrics can show",
  (name) => {
    const counts = new Counts({ windowMs: 10_000 });
    const label = name.startsWith("m") ? "m?nze" : name.slice(0, 35);
    counts.cell(NOW, { client: label, server: "bank", connectionType: "" }, "flow").counts.requests = 7;
    counts.seen(label, NOW - MINUTE, true);
    counts.seen(name, NOW);
    const { nodes } = pictureOf(counts);
    expect(nodes.map((node) => node.name)).toEqual(["bank", label]);
    expect(nodes[1]?.lastSeen).toBe(NOW);
  },
);

test("a long name of which no metrics came is shown as it is", () => {
  const name = "checkout-service-of-the-european-shop-v2";
  const counts = new Counts({ windowMs: 10_000 });
  counts.seen(name, NOW);
  expect(pictureOf(counts).nodes.map((node) => node.name)).toEqual([name]);
});
