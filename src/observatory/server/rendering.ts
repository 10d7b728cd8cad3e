// Declares what the observatory is given to build and draw error trees: the command brings it.
import type { Failure, RenderedTree } from "../graph/picture.ts";
import type { OpenTrace } from "../intake/open-traces.ts";

/** A failing request as the list shows it, without what only the server knows. */
export type FoundFailure = Omit<Failure, "jaegerUrl">;

/** A tree whose JSON is text already: it may be nested as deeply as a trace, and `JSON.stringify` recurses. */
export interface DrawnTree extends Omit<RenderedTree, "tree" | "jaegerUrl"> {
  readonly treeJson: string;
}

/** What became of a text that somebody pasted. */
export type Pasted = DrawnTree | { readonly error: string };

/** The JSON of a {@link RenderedTree}. */
export function renderedJson({ treeJson, ...rest }: DrawnTree, jaegerUrl: string | undefined): string {
  const fields = JSON.stringify(jaegerUrl === undefined ? rest : { ...rest, jaegerUrl });
  return `${fields.slice(0, -1)},"tree":${treeJson}}`;
}

/** Builds trees out of spans, and draws them. Nothing of it throws for what spans or texts hold. */
export interface Rendering {
  /** The failure of a trace; `undefined` if nothing in it failed for whoever sent the request. */
  failureOf(trace: OpenTrace): FoundFailure | undefined;
  /** Its tree; `undefined` if there is none. */
  render(trace: OpenTrace): DrawnTree | undefined;
  /** The tree in a header value, a file of traces, or of the trace with that id. */
  paste(text: string, signal: AbortSignal): Promise<Pasted>;
}
