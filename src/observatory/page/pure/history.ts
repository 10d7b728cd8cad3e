// Remembers what live pictures said of each edge, for a small chart.
import { edgeId } from "../../graph/edge.ts";
import type { Picture } from "../../graph/picture.ts";
import { failureShare } from "./standing.ts";

/** One picture's word on an edge. */
export interface Moment {
  readonly at: number;
  /** Requests a second. */
  readonly rate: number;
  /** Share of failures, 0 to 1. */
  readonly failures: number;
  /** In seconds. */
  readonly p95: number | undefined;
}

/** Moments of an edge. */
const MOST_MOMENTS = 90;
/** Most edges that are remembered. */
const MOST_EDGES = 1_500;

/** The last moments of every edge. */
export class EdgeHistory {
  readonly #moments = new Map<string, Moment[]>();

  /** Adds a picture; one that was there already adds nothing. */
  add(picture: Picture): void {
    const seconds = (picture.to - picture.from) / 1_000;
    for (const edge of picture.edges) {
      const id = edgeId(edge);
      const moments = this.#moments.get(id) ?? [];
      if (moments.at(-1)?.at === picture.at) continue;
      if (moments.length === 0 && this.#moments.size >= MOST_EDGES) continue;
      moments.push({
        at: picture.at,
        rate: seconds > 0 ? edge.requests / seconds : 0,
        failures: failureShare(edge),
        p95: edge.durations.p95,
      });
      if (moments.length > MOST_MOMENTS) moments.shift();
      this.#moments.set(id, moments);
    }
  }

  /** The oldest first. */
  of(id: string): readonly Moment[] {
    return this.#moments.get(id) ?? [];
  }

  /** Forgets everything: another span of time is shown. */
  clear(): void {
    this.#moments.clear();
  }
}

/** A line through values, as points of an SVG polyline; the highest value is at the top, 0 at the bottom. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map((value, i) => `${(i * step).toFixed(1)},${(height - (value / most) * height).toFixed(1)}`)
    .join(" ");
}
