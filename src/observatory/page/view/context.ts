// Gives every component the page, what it holds, and what is derived from that.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Picture, State } from "../../graph/picture.ts";
import type { Change } from "../pure/comparison.ts";
import type { Graph, GraphView } from "../pure/graph-view.ts";
import type { Measure, Traffic } from "../pure/words.ts";
import type { Observatory } from "../state/observatory.ts";
import type { PageState } from "../state/page-state.ts";

/** What is derived from a picture and from what the reader chose. */
export interface Derived {
  /** The picture that is shown; absent before the first. */
  readonly picture: Picture | undefined;
  readonly graph: GraphView;
  /** All that was searched for, folded or not. */
  readonly found: Graph;
  readonly states: ReadonlyMap<string, State>;
  readonly traffic: ReadonlyMap<string, Traffic>;
  readonly measure: Measure;
  /** Edges, by id, that belong to what was chosen or asked; `undefined` if nothing was. */
  readonly lit: ReadonlySet<string> | undefined;
  readonly changes: readonly Change[] | undefined;
}

/** What components get. */
export interface PageParts extends Derived {
  readonly page: Observatory;
  readonly state: PageState;
}

export const PageContext: ReturnType<typeof createContext<PageParts | undefined>> = createContext<
  PageParts | undefined
>(undefined);

/** The page and what it holds. */
export function usePage(): PageParts {
  const parts = useContext(PageContext);
  if (parts === undefined) throw new Error("A component of the page stands outside of it.");
  return parts;
}
