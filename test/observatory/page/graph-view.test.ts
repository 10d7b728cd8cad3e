import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { edgeId } from "../../../src/observatory/graph/edge.ts";
import { MOST_NODES, type ViewOptions, viewOfGraph } from "../../../src/observatory/page/pure/graph-view.ts";
import { edge, picture } from "./edges.ts";

const OPTIONS: ViewOptions = {
  search: "",
  unhealthyOnly: false,
  whole: false,
  opened: new Set(),
  asked: new Set(),
  drawn: new Set(),
};
/** A chain of 100 nodes that carries less and less, whose last edge fails. */
const CHAIN = picture(
  Array.from({ length: 99 }, (_, i) =>
    edge(`n${i}`, `n${i + 1}`, { requests: 1_000 - i, failures: i === 98 ? 500 : 0 }),
  ),
);
/** A user and 99 callees, of which those with a low number get most; one of them calls what fails. */
const STAR = picture([
  ...Array.from({ length: 99 }, (_, i) => edge("user", `n${i}`, { requests: 1_000 - i })),
  edge("n90", "deep", { failures: 50 }),
]);

describe("what of a graph is drawn", () => {
  test(`all of it up to ${MOST_NODES} nodes`, () => {
    const small = picture(CHAIN.edges.slice(0, MOST_NODES - 1));
    const view = viewOfGraph(small, OPTIONS);
    expect([view.nodes.length, view.edges.length, view.hiddenNodes]).toEqual([MOST_NODES, MOST_NODES - 1, 0]);
  });

  test("of more: what is unhealthy, the way to it, and the 25 heaviest edges; the rest is counted", () => {
    const view = viewOfGraph(STAR, OPTIONS);
    const names = view.edges.map(({ server }) => server);
    expect(names).toEqual(expect.arrayContaining(["deep", "n90", "n0", "n24"]));
    expect(view.edges).toHaveLength(27);
    expect([view.hiddenEdges, view.hiddenNodes]).toEqual([73, 73]);
    expect(view.folded.get("user")).toEqual({ callers: 0, callees: 73 });
    expect(view.folded.get("deep")).toBeUndefined();
  });

  test("all of it if the reader wants that", () => {
    expect(viewOfGraph(STAR, { ...OPTIONS, whole: true }).nodes).toHaveLength(101);
  });

  test("what an answer needs and what the reader opened is drawn as well", () => {
    const asked = new Set([edgeId({ client: "user", server: "n70", connectionType: "" })]);
    expect(viewOfGraph(STAR, { ...OPTIONS, asked }).nodes.map(({ name }) => name)).toContain("n70");
    expect(viewOfGraph(STAR, { ...OPTIONS, opened: new Set(["user"]) }).hiddenEdges).toBe(0);
  });

  test("an edge that was drawn stays when it is neither heavy nor unhealthy any more", () => {
    const before = viewOfGraph(STAR, OPTIONS);
    const drawn = new Set(before.edges.map(edgeId));
    const well = picture(STAR.edges.map((one) => ({ ...one, failures: 0, state: "ok" as const })));
    const after = viewOfGraph(well, { ...OPTIONS, drawn });
    expect(after.edges.map(edgeId)).toEqual(before.edges.map(edgeId));
    expect(viewOfGraph(well, OPTIONS).edges.map(({ server }) => server)).not.toContain("deep");
  });

  test("unhealthy only, and by name", () => {
    expect(viewOfGraph(STAR, { ...OPTIONS, unhealthyOnly: true }).nodes.map(({ name }) => name)).toEqual([
      "deep",
      "n90",
    ]);
    const found = viewOfGraph(STAR, { ...OPTIONS, search: " DEEP " });
    expect(found.nodes.map(({ name }) => name)).toEqual(["deep", "n90"]);
    expect(viewOfGraph(STAR, { ...OPTIONS, search: "nowhere" }).nodes).toEqual([]);
  });

  test("a circle has no beginning, and ends the way to what is unhealthy", () => {
    const ring = picture(
      Array.from({ length: 100 }, (_, i) =>
        edge(`n${i}`, `n${(i + 1) % 100}`, { failures: i === 0 ? 50 : 0 }),
      ),
    );
    expect(viewOfGraph(ring, OPTIONS).edges).toHaveLength(100);
  });

  test("drawn and hidden are all there is, and every drawn edge has its nodes", () => {
    const ends = fc.tuple(fc.nat(120), fc.nat(120), fc.nat(1_000), fc.nat(1_000));
    fc.assert(
      fc.property(fc.array(ends, { minLength: 60, maxLength: 200 }), fc.boolean(), (list, unhealthyOnly) => {
        const ids = new Map(
          list.map(([from, to, requests, failures]) => [
            `${from} ${to}`,
            edge(`n${from}`, `n${to}`, { requests, failures: Math.min(failures, requests) }),
          ]),
        );
        const all = picture([...ids.values()]);
        const view = viewOfGraph(all, { ...OPTIONS, unhealthyOnly });
        const names = new Set(view.nodes.map(({ name }) => name));
        for (const { client, server } of view.edges)
          expect([names.has(client), names.has(server)]).toEqual([true, true]);
        if (!unhealthyOnly) {
          expect(view.edges.length + view.hiddenEdges).toBe(all.edges.length);
          expect(view.nodes.length + view.hiddenNodes).toBe(all.nodes.length);
        }
      }),
      { numRuns: 50 },
    );
  });
});
