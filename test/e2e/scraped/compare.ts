// Compares the picture out of Prometheus with the one of an observatory to which everything was sent.
import { CONNECTOR_BOUNDS } from "../../../src/observatory/graph/connector-bounds.ts";
import type { Durations, Picture, PictureEdge } from "../../../src/observatory/graph/picture.ts";

/** A duration that is so near to a bound may count on its other side: services count in buckets of their own. */
const NEAR = 1.05;

/** True if both durations, in seconds, belong to the same bucket of Prometheus's histogram. */
export function isInBucket(shown: number, is: number): boolean {
  const bucketOf = (seconds: number): number => CONNECTOR_BOUNDS.filter((bound) => bound < seconds).length;
  const [low, high] = [bucketOf(is / NEAR), bucketOf(is * NEAR)];
  const bucket = bucketOf(shown);
  return bucket >= low && bucket <= high;
}

/** What differs. */
export function differencesOf(pushed: Picture, scraped: Picture): string[] {
  const problems = [
    ...differing(
      "nodes",
      pushed.nodes.map(({ name, kind }) => `${name} (${kind})`),
      scraped.nodes.map(({ name, kind }) => `${name} (${kind})`),
    ),
    ...differing("edges", pushed.edges.map(countsText), scraped.edges.map(countsText)),
  ];
  for (const edge of pushed.edges) {
    const other = scraped.edges.find((one) => nameOf(one) === nameOf(edge));
    if (other === undefined) continue;
    problems.push(...differingDurations(`${nameOf(edge)}, server`, edge.durations, other.durations));
    problems.push(
      ...differingDurations(`${nameOf(edge)}, client`, edge.clientDurations, other.clientDurations),
    );
  }
  return problems;
}

function differing(what: string, pushed: readonly string[], scraped: readonly string[]): string[] {
  return [
    ...pushed.filter((one) => !scraped.includes(one)).map((one) => `${what}: ${one} only by OTLP`),
    ...scraped.filter((one) => !pushed.includes(one)).map((one) => `${what}: ${one} only out of Prometheus`),
  ];
}

function differingDurations(where: string, pushed: Durations, scraped: Durations): string[] {
  return (["p50", "p95", "p99"] as const).flatMap((name) => {
    const [one, other] = [pushed[name], scraped[name]];
    if (one === undefined && other === undefined) return [];
    if (one !== undefined && other !== undefined && isInBucket(other, one)) return [];
    return [`${where}: ${name} is ${one} s by OTLP, and ${other} s out of Prometheus`];
  });
}

function nameOf({ client, server, connectionType }: PictureEdge): string {
  return `${client} -> ${server} (${connectionType})`;
}

function countsText(edge: PictureEdge): string {
  const { requests, failures, context } = edge;
  return `${nameOf(edge)}: ${requests} requests, ${failures} failures, ${JSON.stringify(context)}`;
}
