import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { edgeId } from "../../../src/observatory/graph/edge.ts";
import { draw, layoutInput, NODE, neighbour } from "../../../src/observatory/page/pure/drawing.ts";
import { viewOfGraph } from "../../../src/observatory/page/pure/graph-view.ts";
import { layOut } from "../../../src/observatory/page/pure/layout.ts";
import { edge, picture } from "./edges.ts";

const OPTIONS = {
  search: "",
  unhealthyOnly: false,
  whole: true,
  opened: new Set<string>(),
  asked: new Set<string>(),
  drawn: new Set<string>(),
};
const viewOf = (edges: Parameters<typeof picture>[0]) => viewOfGraph(picture(edges), OPTIONS);

describe("a layout", () => {
  test("runs from left to right, whatever names are", () => {
    const names = ["user", "__proto__", "constructor", "\u0000", "toString"];
    const graph = viewOf(names.slice(1).map((name, i) => edge(names[i] as string, name)));
    const layout = layOut(layoutInput(graph, undefined));
    const xs = names.map((name) => layout.nodes.get(name)?.x as number);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect(layout.edges.size).toBe(4);
  });

  test("no two nodes overlap, and all of them are within it", () => {
    const ends = fc.tuple(fc.nat(14), fc.nat(14));
    fc.assert(
      fc.property(fc.array(ends, { minLength: 1, maxLength: 30 }), (list) => {
        const graph = viewOf([
          ...new Map(list.map(([a, b]) => [`${a} ${b}`, edge(`n${a}`, `n${b}`)])).values(),
        ]);
        const layout = layOut(layoutInput(graph, undefined));
        const places = graph.nodes.map(({ name }) => layout.nodes.get(name) as { x: number; y: number });
        for (const [i, { x, y }] of places.entries()) {
          expect(x - NODE.width / 2 >= 0 && x + NODE.width / 2 <= layout.width).toBe(true);
          expect(y - NODE.height / 2 >= 0 && y + NODE.height / 2 <= layout.height).toBe(true);
          for (const other of places.slice(i + 1)) {
            const apart = Math.abs(x - other.x) >= NODE.width || Math.abs(y - other.y) >= NODE.height;
            expect(apart).toBe(true);
          }
        }
        const drawing = draw(graph, layout);
        expect(drawing.edges.map(({ id }) => id)).toEqual(graph.edges.map(edgeId));
        for (const { curve } of drawing.edges)
          expect(curve.line + curve.tip).not.toMatch(/NaN|undefined|Infinity/);
      }),
      { numRuns: 60 },
    );
  });

  test("edges of two kinds between the same nodes both have their place", () => {
    const graph = viewOf([edge("a", "b"), edge("a", "b", { connectionType: "messaging_system" })]);
    const drawing = draw(graph, layOut(layoutInput(graph, undefined)));
    expect(new Set(drawing.edges.map(({ curve }) => curve.line)).size).toBe(2);
  });

  test("what is new has no place until it is laid out, and the rest stays drawn", () => {
    const before = viewOf([edge("a", "b")]);
    const layout = layOut(layoutInput(before, undefined));
    const drawing = draw(viewOf([edge("a", "b"), edge("b", "c")]), layout);
    expect([drawing.nodes.length, drawing.edges.length]).toEqual([2, 1]);
  });

  test("nodes keep their order from top to bottom when others come", () => {
    const graph = viewOf(["p", "q", "r"].map((name) => edge("a", name)));
    const layout = layOut(layoutInput(graph, undefined));
    const upright = ["p", "q", "r"].sort(
      (a, b) => (layout.nodes.get(a)?.y ?? 0) - (layout.nodes.get(b)?.y ?? 0),
    );
    const more = viewOf(["p", "q", "r", "aa"].map((name) => edge("a", name)));
    const next = layOut(layoutInput(more, layout));
    expect(["p", "q", "r"].sort((a, b) => (next.nodes.get(a)?.y ?? 0) - (next.nodes.get(b)?.y ?? 0))).toEqual(
      upright,
    );
  });

  test("arrow keys lead to callees, callers, and those above and beneath", () => {
    const graph = viewOf([edge("a", "b", { requests: 9 }), edge("a", "c"), edge("c", "d")]);
    const drawing = draw(graph, layOut(layoutInput(graph, undefined)));
    expect(neighbour(drawing, "a", "ArrowRight")).toBe("c");
    expect(neighbour(drawing, "d", "ArrowLeft")).toBe("c");
    expect(neighbour(drawing, "d", "ArrowRight")).toBeUndefined();
    const [upper, lower] = [...(["b", "c"] as const)].sort(
      (a, b) =>
        (drawing.nodes.find(({ node }) => node.name === a)?.at.y ?? 0) -
        (drawing.nodes.find(({ node }) => node.name === b)?.at.y ?? 0),
    ) as [string, string];
    expect([neighbour(drawing, upper, "ArrowDown"), neighbour(drawing, lower, "ArrowUp")]).toEqual([
      lower,
      upper,
    ]);
    expect(neighbour(drawing, "gone", "ArrowDown")).toBe(drawing.nodes[0]?.node.name);
  });
});
