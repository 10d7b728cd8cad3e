// Shows where in a large graph the reader is.
import type { VNode } from "preact";
import { type Drawing, NODE } from "../pure/drawing.ts";
import type { Layout } from "../pure/layout.ts";
import type { Extent, Viewport } from "../pure/viewport.ts";
import { usePage } from "./context.ts";

interface MinimapProps {
  readonly layout: Layout;
  readonly drawing: Drawing;
  readonly viewport: Viewport;
  readonly room: Extent;
  readonly move: (to: Viewport) => void;
}

const MOST = { width: 170, height: 110 };

/** The whole graph, small, with the part that is seen; nothing if all of it is seen. A pointer moves that part. */
export function Minimap({ layout, drawing, viewport, room, move }: MinimapProps): VNode | null {
  const { states } = usePage();
  const { scale, x, y } = viewport;
  const isWhole =
    x >= 0 && y >= 0 && layout.width * scale + x <= room.width && layout.height * scale + y <= room.height;
  if (isWhole || room.width === 0) return null;
  const small = Math.min(MOST.width / layout.width, MOST.height / layout.height);
  const go = (event: PointerEvent): void => {
    event.stopPropagation();
    if (event.type === "pointermove" && event.buttons !== 1) return;
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    const at = { x: (event.clientX - left) / small, y: (event.clientY - top) / small };
    move({ scale, x: room.width / 2 - at.x * scale, y: room.height / 2 - at.y * scale });
  };
  return (
    <svg
      class="minimap"
      width={layout.width * small}
      height={layout.height * small}
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      aria-hidden="true"
      onPointerDown={go}
      onPointerMove={go}
    >
      {drawing.nodes.map(({ node, at }) => (
        <rect
          key={node.name}
          class={states.get(node.name) ?? "unobserved"}
          x={at.x - NODE.width / 2}
          y={at.y - NODE.height / 2}
          width={NODE.width}
          height={NODE.height}
        />
      ))}
      <rect
        class="seen"
        x={-x / scale}
        y={-y / scale}
        width={room.width / scale}
        height={room.height / scale}
        stroke-width={2 / small}
      />
    </svg>
  );
}
