// Shows beside the graph what was asked, what was chosen, what has changed, and what is worst.
import type { VNode } from "preact";
import { Answer } from "./answer.tsx";
import { usePage } from "./context.ts";
import { EdgeDetails, NodeDetails } from "./details.tsx";
import { ChangeList, WorstList } from "./lists.tsx";

/** The column at the side. */
export function Side(): VNode {
  const { state } = usePage();
  const { node, edge, question } = state.view;
  return (
    <section class="side" aria-label="What was found">
      {question !== undefined && <Answer />}
      {node !== undefined && <NodeDetails name={node} />}
      {edge !== undefined && <EdgeDetails of={edge} />}
      <ChangeList />
      <WorstList />
    </section>
  );
}
