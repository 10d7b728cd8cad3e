import { describe, expect, test } from "vitest";
import {
  blastRadius,
  downstreamOf,
  startsOf,
  upstreamOf,
} from "../../../src/observatory/page/pure/questions.ts";
import { edge } from "./edges.ts";

const BAD = { failures: 50 };
const EDGES = [
  edge("user", "web", { requests: 500 }),
  edge("user", "app", { requests: 900 }),
  edge("web", "cart", { requests: 80 }),
  edge("app", "cart", { requests: 200, failures: 20 }),
  edge("cart", "stock", { requests: 100, ...BAD }),
  edge("stock", "db", { requests: 100, ...BAD }),
  edge("web", "mail", BAD),
  edge("db", "disk"),
];
const names = ({ nodes }: { nodes: readonly { name: string }[] }): string[] => nodes.map(({ name }) => name);

describe("the three questions", () => {
  test("who depends on whom: all that call a node and all that it calls, with their distance", () => {
    expect(upstreamOf(EDGES, "cart").nodes.map(({ name, distance }) => [name, distance])).toEqual([
      ["web", 1],
      ["app", 1],
      ["user", 2],
    ]);
    expect(names(downstreamOf(EDGES, "cart"))).toEqual(["stock", "db", "disk"]);
    expect(names(upstreamOf(EDGES, "user"))).toEqual([]);
  });

  test("the blast radius: everything upstream, that with most requests towards the node first", () => {
    const { nodes, edges } = blastRadius(EDGES, "stock");
    expect(nodes.map(({ name, requests }) => [name, requests])).toEqual([
      ["user", 1_400],
      ["app", 200],
      ["cart", 100],
      ["web", 80],
    ]);
    expect(edges.size).toBe(5);
  });

  test("where it starts: the most downstream edges that fail, the worst first", () => {
    expect(startsOf(EDGES).map(({ server }) => server)).toEqual(["db", "mail"]);
    expect(startsOf(EDGES, "cart").map(({ server }) => server)).toEqual(["db"]);
    expect(startsOf(EDGES, "disk")).toEqual([]);
  });

  test("of a circle that fails as a whole every edge is a start", () => {
    const ring = [edge("a", "b", BAD), edge("b", "c", BAD), edge("c", "a", BAD), edge("x", "a", BAD)];
    expect(startsOf(ring).map(({ client }) => client)).toEqual(["a", "b", "c"]);
    expect(startsOf([...ring, edge("c", "db", BAD)]).map(({ server }) => server)).toEqual(["db"]);
    expect(names(upstreamOf(ring, "a"))).toEqual(["c", "x", "b", "a"].filter((name) => name !== "a"));
  });

  test("if nothing fails, what warns is asked", () => {
    expect(
      startsOf([edge("a", "b", { failures: 2 }), edge("b", "c", { failures: 2 })]).map(
        ({ server }) => server,
      ),
    ).toEqual(["c"]);
    expect(startsOf([edge("a", "b")])).toEqual([]);
  });
});
