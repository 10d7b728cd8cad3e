import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitLegibly, fitWhole, reveal, zoom } from "../../../src/observatory/page/pure/viewport.ts";

const ROOM = { width: 1_000, height: 500 };

describe("the part that is seen", () => {
  test("is all of it, in the middle, if that can be read", () => {
    expect(fitWhole({ width: 500, height: 100 }, ROOM)).toEqual({ scale: 1.25, x: 187.5, y: 187.5 });
    expect(fitLegibly({ width: 2_000, height: 500 }, ROOM, { x: 9, y: 9 })).toEqual({
      scale: 0.5,
      x: 0,
      y: 125,
    });
  });

  test("is as much as can be read around what is worst, and nothing beyond the graph", () => {
    const graph = { width: 10_000, height: 10_000 };
    const middle = fitLegibly(graph, ROOM, { x: 5_000, y: 0 });
    expect([middle.x, middle.y]).toEqual([500 - 5_000 * middle.scale, 0]);
    const corner = fitLegibly(graph, ROOM, { x: 10_000, y: 10_000 });
    expect([corner.x, corner.y]).toEqual([1_000 - 10_000 * middle.scale, 500 - 10_000 * middle.scale]);
  });

  test("closer and further away, a point stays under the pointer", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 10, noNaN: true }), fc.nat(999), fc.nat(499), (factor, x, y) => {
        const before = { x: -30, y: 40, scale: 0.7 };
        const after = zoom(before, factor, { x, y });
        const at = { x: (x - before.x) / before.scale, y: (y - before.y) / before.scale };
        expect(at.x * after.scale + after.x).toBeCloseTo(x, 6);
        expect(at.y * after.scale + after.y).toBeCloseTo(y, 6);
      }),
    );
  });

  test("moves as little as is needed to see a point", () => {
    const here = { x: 0, y: 0, scale: 1 };
    expect(reveal(here, { x: 500, y: 250 }, ROOM)).toEqual(here);
    expect(reveal(here, { x: 1_500, y: 250 }, ROOM)).toEqual({ ...here, x: -640 });
    expect(reveal(here, { x: -100, y: -100 }, ROOM)).toEqual({ ...here, x: 240, y: 160 });
  });
});
