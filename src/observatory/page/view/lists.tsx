// Lists edges: the worst first, and those that changed between two spans of time.
import type { VNode } from "preact";
import { edgeId } from "../../graph/edge.ts";
import type { PictureEdge } from "../../graph/picture.ts";
import type { Change } from "../pure/comparison.ts";
import { byNeed } from "../pure/graph-view.ts";
import { durationText, numberText, plural, rateText, shareText } from "../pure/numbers.ts";
import { failureShare, isUnhealthy, missingShare } from "../pure/standing.ts";
import { usePage } from "./context.ts";
import { LostSign, StateSign } from "./controls.tsx";

/** Rows of a list; the table has them all. */
const MOST_ROWS = 40;

/** The edges that somebody should look at, the worst first. */
export function WorstList(): VNode {
  const { found, picture, page, state } = usePage();
  const worst = found.edges.filter(isUnhealthy).sort(byNeed);
  return (
    <section class="panel" aria-label="Worst first" data-focus="worst">
      <h2>
        Worst first <span class="count">{worst.length === 0 ? "" : worst.length}</span>
      </h2>
      {worst.length === 0 && picture !== undefined && (
        <p class="quiet">
          {picture.edges.length === 0
            ? "Nothing has been counted in this time."
            : `Nothing${state.view.search === "" ? "" : ` with "${state.view.search}" in its name`} fails or loses the context.`}
        </p>
      )}
      <ol class="rows">
        {worst.slice(0, MOST_ROWS).map((edge) => (
          <li key={edgeId(edge)}>
            <EdgeButton edge={edge} />
          </li>
        ))}
      </ol>
      {worst.length > MOST_ROWS && (
        <button type="button" class="button" onClick={() => page.show({ view: "table" })}>
          {worst.length - MOST_ROWS} more in the table
        </button>
      )}
    </section>
  );
}

/** An edge in a list: who calls whom, and what is wrong with it. */
export function EdgeButton({ edge }: { readonly edge: PictureEdge }): VNode {
  const { page, state, measure } = usePage();
  const chosen = state.view.edge;
  const isChosen = chosen !== undefined && edgeId(chosen) === edgeId(edge);
  return (
    <button type="button" class="row" aria-pressed={isChosen} onClick={() => page.chooseEdge(edge)}>
      <EdgeSign edge={edge} />
      <span class="row-name">
        <span class="end">{edge.client}</span>
        <span class="arrow"> → </span>
        <span class="end">{edge.server}</span>
      </span>
      <span class="row-facts">
        {edge.failures > 0 && <b class="bad">{shareText(failureShare(edge))} fail</b>}
        <MissingNote edge={edge} />
        <span>{rateText(edge.requests, measure.seconds, measure.unit)}</span>
        <span>p95 {durationText(edge.durations.p95)}</span>
      </span>
    </button>
  );
}

/** The sign of its state; of an edge of which nothing but the context is wrong, the sign of that. */
function EdgeSign({ edge }: { readonly edge: PictureEdge }): VNode {
  const state = edge.state;
  if (state === "warn" || state === "fail" || edge.context.missing === 0) return <StateSign state={state} />;
  return (
    <span class="sign">
      <LostSign />
    </span>
  );
}

function MissingNote({ edge }: { readonly edge: PictureEdge }): VNode | null {
  const missing = missingShare(edge);
  if (missing === undefined || missing === 0) return null;
  return <b class="lost-context">{shareText(missing)} without context</b>;
}

/** What appeared, vanished, became slower or fails more since the time that is compared with. */
export function ChangeList(): VNode | null {
  const { changes, page, measure } = usePage();
  if (changes === undefined) return null;
  return (
    <section class="panel" aria-label="Changes">
      <h2>
        Changes <span class="count">{changes.length}</span>
      </h2>
      {changes.length === 0 && <p class="quiet">No edge appeared, vanished, or changed by much.</p>}
      <ol class="rows">
        {changes.slice(0, MOST_ROWS).map((change) => (
          <li key={`${change.kind} ${edgeId(change.edge)}`}>
            <button type="button" class="row" onClick={() => page.chooseEdge(change.edge)}>
              <span class={`change ${change.kind.replace(" ", "-")}`}>{change.kind}</span>
              <span class="row-name">
                <span class="end">{change.edge.client}</span>
                <span class="arrow"> → </span>
                <span class="end">{change.edge.server}</span>
              </span>
              <span class="row-facts">{changeText(change, measure)}</span>
            </button>
          </li>
        ))}
      </ol>
      {changes.length > MOST_ROWS && (
        <p class="quiet">and {plural(changes.length - MOST_ROWS, "further change")}</p>
      )}
    </section>
  );
}

function changeText(
  { kind, edge, before, size }: Change,
  { seconds, unit }: ReturnType<typeof usePage>["measure"],
): string {
  switch (kind) {
    case "appeared":
    case "vanished":
      return rateText(edge.requests, seconds, unit);
    case "slower":
    case "faster":
      return `p95 ${durationText(before?.durations.p95)} → ${durationText(edge.durations.p95)}, ${numberText(size)}×`;
    case "fails more":
    case "fails less":
      return `${shareText(before === undefined ? 0 : failureShare(before))} → ${shareText(failureShare(edge))} fail`;
    default:
      return kind satisfies never;
  }
}
