// Shows the graph, with what moves over it, its legend and its map.
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { draw, layoutInput, neighbour, structureOf } from "../pure/drawing.ts";
import { byNeed, MOST_NODES } from "../pure/graph-view.ts";
import type { Point } from "../pure/layout.ts";
import { plural } from "../pure/numbers.ts";
import { isUnhealthy } from "../pure/standing.ts";
import { FAR } from "../pure/viewport.ts";
import { usePage } from "./context.ts";
import { EdgeShape } from "./edge-shape.tsx";
import { Legend, Zoom } from "./legend.tsx";
import { Minimap } from "./minimap.tsx";
import { NodeShape } from "./node-shape.tsx";
import { useViewport } from "./use-viewport.ts";

/** Above so many edges nothing moves along them: it would cost more than it says. */
const MOST_MOVING = 60;
/** Beneath this scale the labels of healthy edges are left out. */
const LABELS_FROM = 0.42;

/** The graph. */
export function GraphStage(): VNode {
  const { page, state, graph, lit, picture, states } = usePage();
  const { layout, view, isPaused } = state;
  const port = useViewport();
  const { room, viewport, element } = port;
  const key = useMemo(() => structureOf(graph), [graph]);
  const hasRoom = room.width > 0;
  useEffect(() => {
    if (!hasRoom || graph.nodes.length === 0) return;
    page.layout.ask(key, layoutInput(graph, layout));
  }, [key, hasRoom]);
  const drawing = useMemo(() => (layout === undefined ? undefined : draw(graph, layout)), [graph, layout]);

  // The graph is shown as a whole, until the reader moves it: then it stays there, unless something else is to be seen.
  const scene = `${view.whole} ${view.unhealthyOnly} ${view.search}`;
  const openedScene = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (layout === undefined || drawing === undefined || !hasRoom || drawing.nodes.length === 0) return;
    if (openedScene.current === scene && port.isMoved.current) return;
    openedScene.current = scene;
    const worst = [...graph.edges].filter(isUnhealthy).sort(byNeed)[0];
    port.open(layout, worst === undefined ? { x: 0, y: 0 } : layout.nodes.get(worst.server));
  }, [layout, scene, room]);

  // What is chosen in a list is moved into view.
  const chosen = view.node ?? view.edge?.server;
  useEffect(() => {
    const point = chosen === undefined ? undefined : layout?.nodes.get(chosen);
    if (point !== undefined && openedScene.current !== undefined) port.reveal(point);
  }, [chosen]);

  const litNodes = useMemo(() => {
    if (lit === undefined) return undefined;
    const names = new Set(view.node === undefined ? [] : [view.node]);
    for (const { id, edge } of drawing?.edges ?? []) {
      if (lit.has(id)) names.add(edge.client).add(edge.server);
    }
    return names;
  }, [lit, drawing, view.node]);

  const press = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || drawing === undefined || layout === undefined)
      return;
    if (event.key === "+" || event.key === "=") port.zoom(1.25);
    else if (event.key === "-") port.zoom(0.8);
    else if (event.key === "0") port.fitWhole(layout);
    else if (event.key.startsWith("Arrow")) {
      const from = (event.target as Element).getAttribute("data-node") ?? "";
      const to = neighbour(drawing, from, event.key);
      if (to !== undefined) focusNode(element.current, to, layout.nodes.get(to), port.reveal);
    } else return;
    event.preventDefault();
  };

  const isMoving = !isPaused && graph.edges.length <= MOST_MOVING && "last" in view.span;
  const isFar = viewport.scale < FAR;
  const isDrawn = drawing?.nodes.some(({ node }) => node.name === view.node) === true;
  const inTabOrder = isDrawn ? view.node : drawing?.nodes[0]?.node.name;
  return (
    <section class="stage" aria-label="Flow graph">
      <Folding />
      <div
        class={`canvas${port.isDragged ? " dragged" : ""}`}
        ref={element}
        onPointerDown={port.drag}
        onKeyDown={press}
      >
        <svg
          class={isFar ? "graph far" : "graph"}
          width={room.width}
          height={room.height}
          role="group"
          aria-label={`Flow graph of ${plural(graph.nodes.length, "node")} and ${plural(graph.edges.length, "edge")}. Arrows move through it, Enter chooses. The table holds the same.`}
          data-focus="graph"
        >
          <g transform={`translate(${viewport.x} ${viewport.y}) scale(${viewport.scale})`}>
            <g class="edges">
              {drawing?.edges.map((drawn) => (
                <EdgeShape
                  key={drawn.id}
                  drawn={drawn}
                  isLit={lit?.has(drawn.id)}
                  isMoving={isMoving}
                  isSmall={drawing.isSmall || isFar}
                  isFar={isFar}
                  hasLabel={
                    viewport.scale >= LABELS_FROM || isUnhealthy(drawn.edge) || lit?.has(drawn.id) === true
                  }
                />
              ))}
            </g>
            <g class="nodes">
              {drawing?.nodes.map(({ node, at }) => (
                <NodeShape
                  key={node.name}
                  node={node}
                  at={at}
                  state={states.get(node.name) ?? "unobserved"}
                  isLit={litNodes?.has(node.name)}
                  isFar={isFar}
                  isInTabOrder={node.name === inTabOrder}
                />
              ))}
            </g>
          </g>
        </svg>
        <Zoom zoom={port.zoom} fit={() => layout !== undefined && port.fitWhole(layout)} />
        {layout !== undefined && drawing !== undefined && (
          <Minimap layout={layout} drawing={drawing} viewport={viewport} room={room} move={port.move} />
        )}
        {picture !== undefined && graph.nodes.length === 0 && <Empty />}
        {picture === undefined && <p class="empty-stage">Waiting for the first picture …</p>}
      </div>
      <Legend />
    </section>
  );
}

function focusNode(
  place: Element | null,
  name: string,
  at: Point | undefined,
  reveal: (point: Point) => void,
): void {
  const element = place?.querySelector<SVGGElement>(`[data-node="${CSS.escape(name)}"]`);
  element?.focus({ preventScroll: true });
  if (at !== undefined) reveal(at);
}

function Empty(): VNode {
  const { state, page } = usePage();
  const { search, unhealthyOnly } = state.view;
  if (search === "" && !unhealthyOnly) {
    return <p class="empty-stage">No traffic has been counted in this time.</p>;
  }
  return (
    <p class="empty-stage">
      {unhealthyOnly ? "Nothing unhealthy" : "Nothing"} {search !== "" && `with "${search}" in its name`}{" "}
      <button type="button" class="button" onClick={() => page.show({ search: "", unhealthyOnly: false })}>
        Show everything
      </button>
    </p>
  );
}

/** Says what is folded, and unfolds it. */
function Folding(): VNode | null {
  const { page, state, graph, found } = usePage();
  const { whole, unhealthyOnly } = state.view;
  if (!whole && graph.hiddenNodes + graph.hiddenEdges > 0) {
    return (
      <p class="folding">
        What is unhealthy or heavy; {plural(graph.hiddenNodes, "more node")},{" "}
        {plural(graph.hiddenEdges, "more edge")}{" "}
        <button type="button" class="button" title="a" onClick={() => page.show({ whole: true })}>
          Show all {found.nodes.length}
        </button>
      </p>
    );
  }
  if (whole && !unhealthyOnly && found.nodes.length > MOST_NODES) {
    return (
      <p class="folding">
        All {plural(found.nodes.length, "node")}{" "}
        <button type="button" class="button" title="a" onClick={() => page.show({ whole: false })}>
          Fold
        </button>
      </p>
    );
  }
  return null;
}
