// Computes which part of the graph is seen, and how large.
import type { Point } from "./layout.ts";

/** A width and a height in pixels. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** A point `p` of the graph is drawn at `p * scale + (x, y)`. */
export interface Viewport extends Point {
  readonly scale: number;
}

/** Smaller than this nothing can be read any more: a graph that is larger is not shown as a whole at first. */
const LEAST_LEGIBLE = 0.46;
/** Beneath this, texts are larger and fewer. */
export const FAR = 0.72;
const LEAST_SCALE = 0.08;
const MOST_SCALE = 3;
/** Nothing is drawn larger than this at first. */
const LARGEST_FIT = 1.25;

/** The whole graph, in the middle. */
export function fitWhole(graph: Extent, room: Extent, least: number = LEAST_SCALE): Viewport {
  const scale = Math.max(
    least,
    Math.min(LARGEST_FIT, room.width / Math.max(1, graph.width), room.height / Math.max(1, graph.height)),
  );
  return {
    scale,
    x: Math.max(0, (room.width - graph.width * scale) / 2),
    y: Math.max(0, (room.height - graph.height * scale) / 2),
  };
}

/** As much of the graph as can be read, around a point if it is not seen as a whole. */
export function fitLegibly(graph: Extent, room: Extent, around: Point | undefined): Viewport {
  const whole = fitWhole(graph, room, LEAST_LEGIBLE);
  if (around === undefined) return whole;
  const at = (length: number, seen: number, middle: number): number => {
    const drawn = length * whole.scale;
    if (drawn <= seen) return (seen - drawn) / 2;
    return Math.min(0, Math.max(seen - drawn, seen / 2 - middle * whole.scale));
  };
  return {
    scale: whole.scale,
    x: at(graph.width, room.width, around.x),
    y: at(graph.height, room.height, around.y),
  };
}

/** Closer or further away; the point of the screen stays where it is. */
export function zoom(viewport: Viewport, factor: number, around: Point): Viewport {
  const scale = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, viewport.scale * factor));
  const by = scale / viewport.scale;
  return { scale, x: around.x - (around.x - viewport.x) * by, y: around.y - (around.y - viewport.y) * by };
}

/** Moved as little as is needed to see a point with some room around it. */
export function reveal(viewport: Viewport, { x, y }: Point, room: Extent): Viewport {
  const margin = { x: Math.min(140, room.width / 3), y: Math.min(60, room.height / 3) };
  const at = { x: x * viewport.scale + viewport.x, y: y * viewport.scale + viewport.y };
  return {
    ...viewport,
    x: viewport.x + into(at.x, margin.x, room.width - margin.x),
    y: viewport.y + into(at.y, margin.y, room.height - margin.y),
  };
}

function into(value: number, least: number, most: number): number {
  if (value < least) return least - value;
  return value > most ? most - value : 0;
}
