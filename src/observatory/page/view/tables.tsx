// Shows the same as the graph, and all of it, as tables.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { edgeId } from "../../graph/edge.ts";
import type { PictureEdge, PictureNode, State } from "../../graph/picture.ts";
import { byNeed } from "../pure/graph-view.ts";
import { ageText, countText, durationText, numberText, rateOf, shareText } from "../pure/numbers.ts";
import { bySeverity, failureShare, isUnhealthy, missingShare, STATE_WORDS } from "../pure/standing.ts";
import { connectionInWords, kindInWords, type Measure, NO_TRAFFIC } from "../pure/words.ts";
import { usePage } from "./context.ts";
import { StateSign } from "./controls.tsx";

interface Column<T> {
  readonly title: string;
  readonly isNumber?: boolean;
  /** What it is sorted by, upwards. */
  readonly order: (row: T) => number | string;
  readonly cell: (row: T) => VNode | string;
}

/** Edges and nodes. */
export function Tables(): VNode {
  const { found, state, page, states, traffic, measure, picture } = usePage();
  const { unhealthyOnly } = state.view;
  const edges = unhealthyOnly ? found.edges.filter(isUnhealthy) : found.edges;
  const ends = new Set(edges.flatMap(({ client, server }) => [client, server]));
  const nodes = unhealthyOnly ? found.nodes.filter(({ name }) => ends.has(name)) : found.nodes;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section class="stage tables" aria-label="Tables" tabIndex={0} data-focus="graph">
      <SortedTable
        caption="Edges"
        rows={[...edges].sort(byNeed)}
        keyOf={edgeId}
        columns={edgeColumns(measure)}
        choose={(edge) => page.chooseEdge(edge)}
        isChosen={(edge) => state.view.edge !== undefined && edgeId(state.view.edge) === edgeId(edge)}
      />
      <SortedTable
        caption="Nodes"
        rows={nodes}
        keyOf={({ name }) => name}
        columns={nodeColumns({ states, traffic, measure, at: picture?.at ?? 0 })}
        choose={({ name }) => page.chooseNode(name)}
        isChosen={({ name }) => state.view.node === name}
      />
    </section>
  );
}

interface TableProps<T> {
  readonly caption: string;
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly columns: readonly Column<T>[];
  readonly choose: (row: T) => void;
  readonly isChosen: (row: T) => boolean;
}

function SortedTable<T>({ caption, rows, keyOf, columns, choose, isChosen }: TableProps<T>): VNode {
  const [sorting, setSorting] = useState<{ title: string; isDown: boolean } | undefined>();
  const column = columns.find(({ title }) => title === sorting?.title);
  const sorted =
    column === undefined ? rows : [...rows].sort((a, b) => compare(column.order(a), column.order(b)));
  const shown = sorting?.isDown === true ? [...sorted].reverse() : sorted;
  return (
    <table>
      <caption>
        {caption} <span class="count">{countText(rows.length)}</span>
      </caption>
      <thead>
        <tr>
          {columns.map(({ title, isNumber }) => (
            <th
              key={title}
              scope="col"
              class={isNumber === true ? "number" : undefined}
              aria-sort={sorting?.title !== title ? undefined : sorting.isDown ? "descending" : "ascending"}
            >
              <button
                type="button"
                onClick={() => setSorting(nextSorting(sorting, title, isNumber === true))}
              >
                {title}
                <span aria-hidden="true">{sorting?.title !== title ? "" : sorting.isDown ? " ↓" : " ↑"}</span>
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((row) => (
          <tr key={keyOf(row)} class={isChosen(row) ? "chosen" : undefined}>
            {columns.map(({ title, isNumber, cell }, i) => (
              <td key={title} class={isNumber === true ? "number" : undefined}>
                {i === 1 ? (
                  <button type="button" class="link" aria-pressed={isChosen(row)} onClick={() => choose(row)}>
                    {cell(row)}
                  </button>
                ) : (
                  cell(row)
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Numbers begin with the largest, texts with A; the third press goes back to the worst first. */
function nextSorting(
  sorting: { title: string; isDown: boolean } | undefined,
  title: string,
  isNumber: boolean,
): { title: string; isDown: boolean } | undefined {
  if (sorting?.title !== title) return { title, isDown: isNumber };
  return sorting.isDown === isNumber ? { title, isDown: !isNumber } : undefined;
}

function edgeColumns({ seconds, unit }: Measure): readonly Column<PictureEdge>[] {
  const duration = (title: string, of: (edge: PictureEdge) => number | undefined): Column<PictureEdge> => ({
    title,
    isNumber: true,
    order: (edge) => of(edge) ?? -1,
    cell: (edge) => durationText(of(edge)),
  });
  const count = (title: string, of: (edge: PictureEdge) => number): Column<PictureEdge> => ({
    title,
    isNumber: true,
    order: of,
    cell: (edge) => countText(of(edge)),
  });
  const text = (title: string, of: (edge: PictureEdge) => string): Column<PictureEdge> => ({
    title,
    order: of,
    cell: of,
  });
  return [
    {
      title: "state",
      order: (edge) => -bySeverity("ok", edge.state),
      cell: (edge) => <StateCell state={edge.state} />,
    },
    text("caller", ({ client }) => client),
    text("callee", ({ server }) => server),
    text("kind", ({ connectionType }) => connectionInWords(connectionType)),
    {
      title: `per ${unit}`,
      isNumber: true,
      order: ({ requests }) => requests,
      cell: ({ requests }) => numberText(rateOf(requests, seconds, unit)),
    },
    count("requests", ({ requests }) => requests),
    count("failures", ({ failures }) => failures),
    { title: "fail", isNumber: true, order: failureShare, cell: (edge) => shareText(failureShare(edge)) },
    duration("p50", ({ durations }) => durations.p50),
    duration("p95", ({ durations }) => durations.p95),
    duration("p99", ({ durations }) => durations.p99),
    duration("p95 at caller", ({ clientDurations }) => clientDurations.p95),
    {
      title: "context missing",
      isNumber: true,
      order: (edge) => missingShare(edge) ?? -1,
      cell: (edge) => missingText(edge),
    },
    count("context arrived", ({ context }) => context.arrived),
    count("context not expected", ({ context }) => context.foreign),
    text("quality attributes", ({ judgements }) =>
      judgements.map(({ text, state }) => `${text}: ${STATE_WORDS[state]}`).join("; "),
    ),
    text("remarks", remarksOf),
  ];
}

function missingText(edge: PictureEdge): string {
  const share = missingShare(edge);
  return share === undefined ? "–" : `${countText(edge.context.missing)} (${shareText(share)})`;
}

function remarksOf({ isInferred, clockAhead, server }: PictureEdge): string {
  const clock =
    clockAhead === undefined
      ? []
      : [`clock of ${server} ${durationText(Math.abs(clockAhead))} ${clockAhead > 0 ? "ahead" : "behind"}`];
  return [...(isInferred ? ["direction inferred"] : []), ...clock].join("; ");
}

interface NodeParts extends Pick<ReturnType<typeof usePage>, "states" | "traffic" | "measure"> {
  readonly at: number;
}

function nodeColumns({ states, traffic, measure, at }: NodeParts): readonly Column<PictureNode>[] {
  const stateOf = ({ name }: PictureNode): State => states.get(name) ?? "unobserved";
  const flows = ({ name }: PictureNode): typeof NO_TRAFFIC => traffic.get(name) ?? NO_TRAFFIC;
  const rate = (count: number): string => numberText(rateOf(count, measure.seconds, measure.unit));
  return [
    {
      title: "state",
      order: (node) => -bySeverity("ok", stateOf(node)),
      cell: (node) => <StateCell state={stateOf(node)} />,
    },
    { title: "node", order: ({ name }) => name, cell: ({ name }) => name },
    { title: "kind", order: ({ kind }) => kind, cell: ({ kind }) => kindInWords(kind) },
    {
      title: `gets per ${measure.unit}`,
      isNumber: true,
      order: (node) => flows(node).requestsIn,
      cell: (node) => rate(flows(node).requestsIn),
    },
    {
      title: `sends per ${measure.unit}`,
      isNumber: true,
      order: (node) => flows(node).requestsOut,
      cell: (node) => rate(flows(node).requestsOut),
    },
    {
      title: "callers",
      isNumber: true,
      order: (node) => flows(node).callers,
      cell: (node) => countText(flows(node).callers),
    },
    {
      title: "callees",
      isNumber: true,
      order: (node) => flows(node).callees,
      cell: (node) => countText(flows(node).callees),
    },
    {
      title: "last seen",
      isNumber: true,
      order: ({ lastSeen }) => lastSeen ?? 0,
      cell: ({ lastSeen }) => (lastSeen === undefined ? "–" : `${ageText(at - lastSeen)} before`),
    },
  ];
}

function StateCell({ state }: { readonly state: State }): VNode {
  return (
    <span class="state-cell">
      <StateSign state={state} /> <span aria-hidden="true">{STATE_WORDS[state]}</span>
    </span>
  );
}

function compare(a: number | string, b: number | string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
