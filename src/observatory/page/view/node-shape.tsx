// Draws a node: what it is, its name, what it gets, and what of it is folded.
import type { VNode } from "preact";
import type { PictureNode, State } from "../../graph/picture.ts";
import { NODE } from "../pure/drawing.ts";
import type { Point } from "../pure/layout.ts";
import { durationText, rateText } from "../pure/numbers.ts";
import { NO_TRAFFIC, nodeInWords, type Traffic } from "../pure/words.ts";
import { usePage } from "./context.ts";
import { memo } from "./memo.ts";
import { fitted } from "./text-width.ts";

interface NodeProps {
  readonly node: PictureNode;
  readonly at: Point;
  readonly state: State;
  /** `undefined` if nothing was chosen or asked. */
  readonly isLit: boolean | undefined;
  readonly isInTabOrder: boolean;
  /** Seen from far away: the name alone, and larger. */
  readonly isFar: boolean;
}

const { width: WIDTH, height: HEIGHT } = NODE;
/** Left of it is the icon. */
const TEXT_FROM = 34;
const FAR_TEXT_FROM = 11;
const SIGNS: Readonly<Record<State, string>> = { ok: "", warn: "!", fail: "✕", unobserved: "" };

/** One node. */
function DrawnNodeShape({ node, at, state, isLit, isInTabOrder, isFar }: NodeProps): VNode {
  const { page, state: all, graph, traffic, measure } = usePage();
  const { name, kind } = node;
  const flows = traffic.get(name) ?? NO_TRAFFIC;
  const isChosen = all.view.node === name;
  const isSilent = all.doubts?.silent.includes(name) === true;
  const classes = [
    "node",
    state,
    kind,
    isLit === false ? "dim" : "",
    isChosen ? "chosen" : "",
    isSilent ? "silent" : "",
  ];
  const words = nodeInWords(node, { state, traffic: flows, measure });
  const choose = (): void => page.chooseNode(name);
  const folded = graph.folded.get(name);
  return (
    <g
      class={classes.filter((one) => one !== "").join(" ")}
      style={{ transform: `translate(${at.x}px, ${at.y}px)` }}
    >
      <g
        class="face"
        role="button"
        tabindex={isInTabOrder ? 0 : -1}
        data-node={name}
        aria-pressed={isChosen}
        aria-label={`${words}${isSilent ? ", silent" : ""}`}
        onClick={choose}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          choose();
        }}
      >
        <title>{words}</title>
        <rect
          class="card"
          x={-WIDTH / 2}
          y={-HEIGHT / 2}
          width={WIDTH}
          height={HEIGHT}
          rx={kind === "user" ? HEIGHT / 2 : 8}
        />
      </g>
      <g class="texts" aria-hidden="true">
        {isFar ? (
          <text class="node-name" x={-WIDTH / 2 + FAR_TEXT_FROM} y={6}>
            {fitted(name, WIDTH - FAR_TEXT_FROM - (SIGNS[state] === "" ? 8 : 24), "far")}
          </text>
        ) : (
          <>
            <g class="icon" transform={`translate(${-WIDTH / 2 + 18} 0)`}>
              <Icon kind={kind} />
            </g>
            <text class="node-name" x={-WIDTH / 2 + TEXT_FROM} y={-3}>
              {fitted(name, WIDTH - TEXT_FROM - (SIGNS[state] === "" ? 10 : 24), "name")}
            </text>
            <text class="node-facts" x={-WIDTH / 2 + TEXT_FROM} y={13}>
              {isSilent ? "silent" : factsOf(flows, measure)}
            </text>
          </>
        )}
        {SIGNS[state] !== "" && (
          <text class="node-sign" x={WIDTH / 2 - 12} y={isFar ? 6 : -2}>
            {SIGNS[state]}
          </text>
        )}
      </g>
      {folded !== undefined && folded.callers > 0 && (
        <FoldedMark name={name} count={folded.callers} isLeft={true} />
      )}
      {folded !== undefined && folded.callees > 0 && (
        <FoldedMark name={name} count={folded.callees} isLeft={false} />
      )}
    </g>
  );
}

function factsOf(
  { requestsIn, requestsOut, callers, p95 }: Traffic,
  { seconds, unit }: ReturnType<typeof usePage>["measure"],
): string {
  // Whom nobody calls is known by what it sends.
  if (callers === 0) return `sends ${rateText(requestsOut, seconds, unit)}`;
  const duration = p95 === undefined ? "" : ` · ${durationText(p95)}`;
  return `${rateText(requestsIn, seconds, unit)}${duration}`;
}

interface FoldedProps {
  readonly name: string;
  readonly count: number;
  readonly isLeft: boolean;
}

/** So many edges more. For the pointer: keys have "show all", and the table. */
function FoldedMark({ name, count, isLeft }: FoldedProps): VNode {
  const { page } = usePage();
  const x = isLeft ? -WIDTH / 2 + 14 : WIDTH / 2 - 14;
  return (
    <g
      class="folded"
      aria-hidden="true"
      transform={`translate(${x} ${HEIGHT / 2})`}
      onClick={() => page.open(name)}
    >
      <title>
        {count} more {isLeft ? "callers" : "callees"}: show them
      </title>
      <rect x={-15} y={-7} width={30} height={14} rx={7} />
      <text y={3.5}>+{count}</text>
    </g>
  );
}

function Icon({ kind }: { readonly kind: PictureNode["kind"] }): VNode {
  switch (kind) {
    case "database":
      return <path d="M-6-6c0-3 12-3 12 0v12c0 3-12 3-12 0zM-6-6c0 3 12 3 12 0M-6 0c0 3 12 3 12 0" />;
    case "messaging_system":
      return <path d="M-8-4h4v8h-4zM-2-4h4v8h-4zM4-4h4v8h-4z" />;
    case "user":
      return <path d="M0-1.5a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6M-6.5 7c0-8 13-8 13 0" />;
    case "peer":
      return (
        <path d="M-6.5 0a6.5 6.5 0 1 0 13 0a6.5 6.5 0 1 0-13 0M-6.5 0h13M0-6.5c-4.5 4-4.5 9 0 13c4.5-4 4.5-9 0-13" />
      );
    case "other":
      return <path d="M-6 0h.1M0 0h.1M6 0h.1" class="dots" />;
    case "service":
      return <path d="M0-7l6 3.5v7L0 7l-6-3.5v-7zM-6-3.5L0 0l6-3.5M0 0v7" />;
    default:
      return kind satisfies never;
  }
}

/** Drawn anew only if something of it has changed: dragging moves all of them at once. */
export const NodeShape: (props: NodeProps) => VNode = memo(DrawnNodeShape);
