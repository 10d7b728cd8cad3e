// Draws an edge: its line, its tip, what moves along it, and its label.
import type { VNode } from "preact";
import type { PictureEdge } from "../../graph/picture.ts";
import type { DrawnEdge } from "../pure/drawing.ts";
import type { Point } from "../pure/layout.ts";
import { durationText, rateText, shareText } from "../pure/numbers.ts";
import { failureShare, missingShare } from "../pure/standing.ts";
import { edgeInWords } from "../pure/words.ts";
import { usePage } from "./context.ts";
import { LOST_PATH } from "./controls.tsx";
import { memo } from "./memo.ts";

interface EdgeProps {
  readonly drawn: DrawnEdge;
  /** `undefined` if nothing was chosen or asked. */
  readonly isLit: boolean | undefined;
  readonly isMoving: boolean;
  readonly isSmall: boolean;
  readonly isFar: boolean;
  readonly hasLabel: boolean;
}

/** One edge. A screen reader gets it from the table and from the lists. */
function DrawnEdgeShape({ drawn, isLit, isMoving, isSmall, isFar, hasLabel }: EdgeProps): VNode {
  const { page, measure, changes } = usePage();
  const { edge, curve, width, label } = drawn;
  const state = edge.state;
  const classes = [
    "edge",
    state,
    isLit === false ? "dim" : "",
    isLit === true ? "lit" : "",
    edge.isInferred ? "inferred" : "",
  ];
  const change = changes?.find(
    (one) => one.edge === edge && one.kind !== "faster" && one.kind !== "fails less",
  );
  return (
    <g
      class={classes.filter((name) => name !== "").join(" ")}
      aria-hidden="true"
      onClick={() => page.chooseEdge(edge)}
    >
      <title>{edgeInWords(edge, measure)}</title>
      <path class="grip" d={curve.line} />
      <path class="line" d={curve.line} stroke-width={width} />
      <path class="tip" d={curve.tip} />
      {isMoving && edge.requests > 0 && (
        <Moving path={curve.line} perSecond={edge.requests / measure.seconds} />
      )}
      {edge.context.missing > 0 && <LostMark at={drawn.mark} />}
      {hasLabel && (
        <g transform={`translate(${label.x} ${label.y})`}>
          {isSmall ? (
            <SmallLabel edge={edge} width={width} isFar={isFar} isSlower={change?.kind === "slower"} />
          ) : (
            <Label edge={edge} width={width} note={change?.kind} />
          )}
        </g>
      )}
    </g>
  );
}

interface LabelProps {
  readonly edge: PictureEdge;
  /** Of the line, above and beneath which the label stands. */
  readonly width: number;
}

function Label({ edge, width, note }: LabelProps & { readonly note: string | undefined }): VNode {
  const { measure } = usePage();
  const second = secondLine(edge) ?? note ?? (edge.isInferred ? "inferred" : undefined);
  return (
    <>
      <text class="measure" y={-5 - width / 2}>
        <tspan class="rate">{rateText(edge.requests, measure.seconds, measure.unit)}</tspan>
        {edge.durations.p95 !== undefined && <tspan class="p95"> {durationText(edge.durations.p95)}</tspan>}
      </text>
      {second !== undefined && (
        <text
          class={`note${missingOf(edge) > 0 && edge.failures === 0 ? " lost-context" : ""}`}
          y={13 + width / 2}
        >
          {second}
        </text>
      )}
    </>
  );
}

interface SmallLabelProps extends LabelProps {
  readonly isFar: boolean;
  /** Than in the time that is compared with. */
  readonly isSlower: boolean;
}

function SmallLabel({ edge, width, isFar, isSlower }: SmallLabelProps): VNode {
  const { measure } = usePage();
  const isBad = edge.state === "fail" || edge.state === "warn";
  return (
    <>
      <text class="measure small" y={-4 - width / 2}>
        {isBad && <tspan class="sign">{edge.state === "fail" ? "✕ " : "! "}</tspan>}
        <tspan class="rate">{rateText(edge.requests, measure.seconds, measure.unit)}</tspan>
      </text>
      {edge.durations.p95 !== undefined && (
        <text class="measure small" y={(isFar ? 15 : 12) + width / 2}>
          <tspan class={isSlower ? "changed" : "p95"}>
            {isSlower && "▲ "}
            {durationText(edge.durations.p95)}
          </tspan>
        </text>
      )}
    </>
  );
}

function secondLine(edge: PictureEdge): string | undefined {
  const missing = missingOf(edge);
  if (edge.failures > 0) {
    return `✕ ${shareText(failureShare(edge))} fail`;
  }
  if (missing > 0) return `${shareText(missing)} no context`;
  return edge.requests === 0 ? "no data" : undefined;
}

function missingOf(edge: PictureEdge): number {
  return missingShare(edge) ?? 0;
}

/** A broken line, on the edge: the context does not arrive. */
function LostMark({ at }: { readonly at: Point }): VNode {
  return (
    <g transform={`translate(${at.x} ${at.y})`}>
      <g class="lost-mark">
        <circle r={7.5} />
        <path d={LOST_PATH} />
      </g>
    </g>
  );
}

/** Seconds that a dot takes from one end to the other: few steps, for each new one begins anew. */
const SPEEDS: readonly (readonly [perSecond: number, seconds: number])[] = [
  [200, 1],
  [50, 1.5],
  [10, 2.2],
  [1, 3.2],
];
const SLOWEST = 5;

const Moving: (props: { path: string; perSecond: number }) => VNode = memo(
  ({ path, perSecond }: { path: string; perSecond: number }) => {
    const seconds = SPEEDS.find(([least]) => perSecond >= least)?.[1] ?? SLOWEST;
    return (
      <circle class="moving" r={2.2}>
        <animateMotion dur={`${seconds}s`} repeatCount="indefinite" {...{ path }} />
      </circle>
    );
  },
);

/** Drawn anew only if something of it has changed: dragging moves all of them at once. */
export const EdgeShape: (props: EdgeProps) => VNode = memo(DrawnEdgeShape);
