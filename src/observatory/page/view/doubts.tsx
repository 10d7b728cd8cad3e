// Says what makes the picture doubtful.
import type { VNode } from "preact";
import type { Doubts as DoubtsData } from "../../graph/picture.ts";
import { plural } from "../pure/numbers.ts";
import { usePage } from "./context.ts";

/** Names of silent services that are written out. */
const MOST_NAMED = 6;

/** One line for each doubt; nothing if there is none. */
export function Doubts(): VNode | null {
  const { state } = usePage();
  const { view, shown, doubts } = state;
  // What is doubtful about the past is in its picture.
  const current = "last" in view.span ? doubts : shown?.picture.doubts;
  const sentences = current === undefined ? [] : sentencesOf(current);
  if (sentences.length === 0) return null;
  return (
    <section class="doubts" aria-label="What makes this picture doubtful">
      <ul>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  );
}

function sentencesOf({ silent, droppedEdges, unreadable, outOfTime, notes }: DoubtsData): string[] {
  const named = silent.slice(0, MOST_NAMED).join(", ");
  const more = silent.length > MOST_NAMED ? ` and ${silent.length - MOST_NAMED} more` : "";
  const first = unreadable.first === undefined ? "" : `, the first: ${unreadable.first}`;
  return [
    ...(silent.length === 0 ? [] : [`Silent, though they sent something before: ${named}${more}.`]),
    ...(droppedEdges === 0
      ? []
      : [`${plural(droppedEdges, "edge")} had no room and ${droppedEdges === 1 ? "is" : "are"} in "other".`]),
    ...(unreadable.count === 0 ? [] : [`${plural(unreadable.count, "record")} could not be read${first}`]),
    ...(outOfTime === 0
      ? []
      : [
          `${plural(outOfTime, "event")} came too late or from the future, and ${outOfTime === 1 ? "counts" : "count"} nowhere.`,
        ]),
    ...notes,
  ];
}
