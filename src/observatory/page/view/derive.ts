// Derives what is drawn from what the page holds, once for each change.
import { useMemo, useRef } from "preact/hooks";
import { edgeId } from "../../graph/edge.ts";
import type { Picture, PictureEdge } from "../../graph/picture.ts";
import { compareGraphs } from "../pure/comparison.ts";
import { type GraphView, search, viewOfGraph } from "../pure/graph-view.ts";
import { downstreamOf, startsOf, upstreamOf } from "../pure/questions.ts";
import type { ViewState } from "../pure/view-state.ts";
import { trafficOf } from "../pure/words.ts";
import type { PageState } from "../state/page-state.ts";
import type { Derived } from "./context.ts";

const NOTHING = { nodes: [], edges: [] };

/** What components draw. */
export function useDerived(state: PageState): Derived {
  const { view, shown, before, opened } = state;
  const picture = shown?.picture;
  const whole = picture ?? NOTHING;
  const asked = useMemo(() => askedEdges(whole.edges, view), [whole, view.node, view.edge, view.question]);
  const drawn = useRef<{ key: string; edges: ReadonlySet<string> }>({ key: "", edges: new Set() });
  const graph = useMemo((): GraphView => {
    // Another search begins anew: nothing has to stay.
    const key = [view.search, view.unhealthyOnly, view.whole, JSON.stringify(view.span)].join("\n");
    const { search, unhealthyOnly } = view;
    const kept = drawn.current.key === key ? drawn.current.edges : new Set<string>();
    const result = viewOfGraph(whole, {
      search,
      unhealthyOnly,
      whole: view.whole,
      opened,
      asked: asked ?? new Set(),
      drawn: kept,
    });
    drawn.current = { key, edges: new Set(result.edges.map(edgeId)) };
    return result;
  }, [whole, view, opened, asked]);
  const found = useMemo(() => search(whole, view.search), [whole, view.search]);
  const states = useMemo(() => new Map(whole.nodes.map(({ name, state }) => [name, state])), [whole]);
  const traffic = useMemo(() => trafficOf(whole.edges), [whole]);
  const changes = useMemo(
    () => (before === undefined || picture === undefined ? undefined : compareGraphs(before, picture)),
    [before, picture],
  );
  const measure = { seconds: secondsOf(picture), unit: view.unit };
  return { picture, graph, found, states, traffic, measure, lit: asked, changes };
}

function secondsOf(picture: Picture | undefined): number {
  return picture === undefined ? 0 : (picture.to - picture.from) / 1_000;
}

/** The edges of the answer, or those of the chosen node; `undefined` if nothing was chosen or asked, or there are none. */
function askedEdges(edges: readonly PictureEdge[], view: ViewState): ReadonlySet<string> | undefined {
  const asked = answerTo(edges, view);
  return asked.size === 0 ? undefined : asked;
}

function answerTo(edges: readonly PictureEdge[], { node, edge, question }: ViewState): ReadonlySet<string> {
  if (question === "start") return new Set(startsOf(edges, node).map(edgeId));
  if (edge !== undefined) return new Set([edgeId(edge)]);
  if (node === undefined) return new Set();
  if (question === "blast") return upstreamOf(edges, node).edges;
  if (question === "depends") {
    return new Set([...upstreamOf(edges, node).edges, ...downstreamOf(edges, node).edges]);
  }
  return new Set(edges.filter(({ client, server }) => client === node || server === node).map(edgeId));
}
