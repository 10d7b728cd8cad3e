// Compares the observatory's picture with what the services themselves have counted.
import type { Topology } from "../../../examples/lab/topology.ts";
import type { Picture, PictureEdge } from "../../../src/observatory/graph/picture.ts";
import { aligned } from "../../support/table.ts";
import type { Counted } from "./counter.ts";

/** Farther off is wrong. */
const MOST_OFF = 0.05;

/** One edge, by both. */
export interface Row {
  readonly name: string;
  readonly counted: Counted;
  readonly edge: PictureEdge | undefined;
}

/** An edge for each service, from its only caller. */
export function rowsOf(
  { root, services }: Topology,
  counted: ReadonlyMap<string, Counted>,
  { edges }: Picture,
): Row[] {
  return [...services.keys()].map((server) => {
    const caller = [...services.values()].find(({ downstreams }) => downstreams.includes(server));
    const client = server === root ? "user" : (caller?.name ?? "");
    const type = server === root ? "virtual_node" : "";
    return {
      name: `${client} -> ${server}`,
      counted: counted.get(server) ?? { requests: 0, failures: 0, p95: 0 },
      edge: edges.find(
        (edge) => edge.client === client && edge.server === server && edge.connectionType === type,
      ),
    };
  });
}

/** True if every number is there. */
export function isComplete(rows: readonly Row[]): boolean {
  return rows.every(
    ({ counted, edge }) => edge?.requests === counted.requests && edge.failures === counted.failures,
  );
}

/** What is wrong in it. @param isNear - true if the p95 of the picture stands for the one that was counted */
export function judge(
  rows: readonly Row[],
  { edges, doubts }: Picture,
  isNear: (shown: number, counted: number) => boolean = isWithin,
): string[] {
  const problems = rows.flatMap((row) => problemsOf(row, isNear).map((problem) => `${row.name}: ${problem}`));
  const known = new Set(rows.map(({ edge }) => edge));
  for (const edge of edges) {
    const { client, server, connectionType, requests } = edge;
    if (known.has(edge)) continue;
    problems.push(
      `${client} -> ${server} (${connectionType}): ${requests} requests on an edge that nobody has`,
    );
  }
  const { droppedEdges, unreadable, outOfTime, notes } = doubts;
  if (droppedEdges + unreadable.count + outOfTime + notes.length > 0)
    problems.push(`doubts: ${JSON.stringify(doubts)}`);
  return problems;
}

function isWithin(shown: number, counted: number): boolean {
  return Math.abs(shown / counted - 1) <= MOST_OFF;
}

function problemsOf(
  { counted, edge, name }: Row,
  isNear: (shown: number, counted: number) => boolean,
): string[] {
  if (edge === undefined) return ["is not in the picture"];
  const problems: string[] = [];
  const compare = (what: string, shown: number, is: number): void => {
    if (shown !== is) problems.push(`${what}: ${shown} in the picture, ${is} counted by the service`);
  };
  compare("requests", edge.requests, counted.requests);
  compare("failures", edge.failures, counted.failures);
  const { arrived, missing, foreign } = edge.context;
  const isOfUser = name.startsWith("user");
  compare("context arrived", arrived, isOfUser ? 0 : counted.requests);
  compare("context missing", missing, 0);
  compare("context foreign", foreign, isOfUser ? counted.requests : 0);
  if (!isNear(edge.durations.p95 ?? Number.NaN, counted.p95))
    problems.push(`p95 is off by ${percent(offBy(edge, counted))}`);
  return problems;
}

/** The table. */
export function tableOf(rows: readonly Row[]): string {
  return aligned([
    [
      "edge",
      "requests",
      "in the picture",
      "failures",
      "in the picture",
      "p95 ms",
      "in the picture",
      "off by",
    ],
    ...rows.map(({ name, counted, edge }) => [
      name,
      `${counted.requests}`,
      `${edge?.requests ?? "none"}`,
      `${counted.failures}`,
      `${edge?.failures ?? "none"}`,
      (counted.p95 * 1000).toFixed(1),
      edge?.durations.p95 === undefined ? "none" : (edge.durations.p95 * 1000).toFixed(1),
      edge === undefined ? "" : percent(offBy(edge, counted)),
    ]),
  ]);
}

function offBy({ durations }: PictureEdge, { p95 }: Counted): number {
  return (durations.p95 ?? Number.NaN) / p95 - 1;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
