// Draws an edge as a path: out of the side of its caller, through the points of the layout, into the side of its callee.
import type { PlacedEdge, Point } from "./layout.ts";

/** A node's middle and size. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** An edge with the boxes that it joins, and how far from their middles it leaves and arrives. */
export interface EdgeEnds {
  readonly from: Box;
  readonly to: Box;
  readonly fromOffset: number;
  readonly toOffset: number;
}

/** Length of the tip. The line ends before it. */
const TIP = 9;

/** The line and the tip at its end, as SVG path data. */
export interface Curve {
  readonly line: string;
  readonly tip: string;
}

/** Draws one edge; `width` is that of its line. */
export function curveOf(placed: PlacedEdge, ends: EdgeEnds, width: number): Curve {
  const { from, to } = ends;
  if (from.x === to.x && from.y === to.y) return loopOf(from, width);
  const inner = placed.points.slice(1, -1).flatMap((point) => levelAt(point, placed));
  const first = inner[0] ?? to;
  const last = inner.at(-1) ?? from;
  const leavesRight = first.x >= from.x;
  const arrivesLeft = last.x <= to.x;
  const start = { x: from.x + side(from, leavesRight), y: from.y + ends.fromOffset };
  const end = { x: to.x - side(to, arrivesLeft), y: to.y + ends.toOffset };
  const back = arrivesLeft ? -TIP : TIP;
  const points = [start, ...inner, { x: end.x + back, y: end.y }];
  return { line: smooth(points), tip: tipAt(end, back, width) };
}

/** The share of a label's width beneath which the line runs level. */
const LEVEL = 0.68;

/** Where its label stands, the line runs level for a while. */
function levelAt(point: Point, { label, width, points }: PlacedEdge): Point[] {
  if (point.x !== label.x || point.y !== label.y) return [point];
  const by = ((points[0] as Point).x <= (points.at(-1) as Point).x ? width : -width) * (LEVEL / 2);
  return [
    { x: point.x - by, y: point.y },
    { x: point.x + by, y: point.y },
  ];
}

/** Through all points, level at each of them: the flow runs from left to right. */
function smooth(points: readonly Point[]): string {
  const [start, ...rest] = points as [Point, ...Point[]];
  let path = `M${round(start.x)} ${round(start.y)}`;
  let before = start;
  for (const point of rest) {
    const middle = (before.x + point.x) / 2;
    path += `C${round(middle)} ${round(before.y)} ${round(middle)} ${round(point.y)} ${round(point.x)} ${round(point.y)}`;
    before = point;
  }
  return path;
}

/** A node that calls itself: a loop above it. */
function loopOf(box: Box, width: number): Curve {
  const [left, right, top] = [box.x - 18, box.x + 18, box.y - box.height / 2];
  return {
    line: `M${round(left)} ${round(top)}C${round(left - 14)} ${round(top - 34)} ${round(right + 14)} ${round(top - 34)} ${round(right)} ${round(top - TIP)}`,
    tip: `M${round(right)} ${round(top)}l${round(-half(width))} ${-TIP}h${round(2 * half(width))}z`,
  };
}

function tipAt({ x, y }: Point, back: number, width: number): string {
  return `M${round(x)} ${round(y)}l${back} ${round(-half(width))}v${round(2 * half(width))}z`;
}

function half(width: number): number {
  return Math.max(4, width / 2 + 2.5);
}

function side({ width }: Box, isRight: boolean): number {
  return isRight ? width / 2 : -width / 2;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Spreads the edges at one side of a node over its height: `at` of `count`, from the top. */
export function portOffset(at: number, count: number, height: number): number {
  if (count <= 1) return 0;
  const room = Math.min(height - 14, (count - 1) * 9);
  return (at / (count - 1) - 0.5) * room;
}
