// Moves over the graph: by dragging, by the wheel, by keys.
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Point } from "../pure/layout.ts";
import { type Extent, fitLegibly, fitWhole, reveal, type Viewport, zoom } from "../pure/viewport.ts";

/** What the stage needs. */
export interface ViewportParts {
  readonly element: RefObject<HTMLDivElement | null>;
  readonly room: Extent;
  readonly viewport: Viewport;
  readonly isDragged: boolean;
  /** True if the reader has moved it since it was opened. */
  readonly isMoved: RefObject<boolean>;
  /** Shows as much as can be read. */
  open(graph: Extent, around: Point | undefined): void;
  /** Shows everything. */
  fitWhole(graph: Extent): void;
  zoom(factor: number): void;
  reveal(point: Point): void;
  move(to: Viewport): void;
  readonly drag: (event: PointerEvent) => void;
}

/** Pixels that a pointer has to move before it drags and no longer clicks. */
const DRAG_FROM = 4;

/** The part that is seen, and what changes it. */
export function useViewport(): ViewportParts {
  const element = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState<Extent>({ width: 0, height: 0 });
  const [viewport, change] = useState<Viewport>({ x: 0, y: 0, scale: 1 });
  const isMoved = useRef(false);
  const setViewport = (next: Viewport | ((now: Viewport) => Viewport)): void => {
    isMoved.current = true;
    change(next);
  };
  const [isDragged, setDragged] = useState(false);
  useEffect(() => {
    const place = element.current;
    if (place === null) return;
    const observer = new ResizeObserver(() =>
      setRoom({ width: place.clientWidth, height: place.clientHeight }),
    );
    observer.observe(place);
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = place.getBoundingClientRect();
      const around = { x: event.clientX - left, y: event.clientY - top };
      const { deltaX, deltaY } = event;
      if (event.shiftKey || (Math.abs(deltaX) > Math.abs(deltaY) && !event.ctrlKey)) {
        setViewport((now) => ({ ...now, x: now.x - (deltaX || deltaY), y: now.y }));
      } else setViewport((now) => zoom(now, Math.exp(-deltaY * (event.ctrlKey ? 0.01 : 0.0015)), around));
    };
    place.addEventListener("wheel", wheel, { passive: false });
    return () => {
      observer.disconnect();
      place.removeEventListener("wheel", wheel);
    };
  }, []);
  const drag = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).closest("button, .minimap") !== null) return;
    const from = { x: event.clientX, y: event.clientY };
    const start = viewport;
    let hasMoved = false;
    const moved = ({ clientX, clientY }: PointerEvent): void => {
      const by = { x: clientX - from.x, y: clientY - from.y };
      if (!hasMoved && Math.hypot(by.x, by.y) < DRAG_FROM) return;
      hasMoved = true;
      setDragged(true);
      setViewport({ ...start, x: start.x + by.x, y: start.y + by.y });
    };
    const ended = (): void => {
      removeEventListener("pointermove", moved);
      removeEventListener("pointerup", ended);
      removeEventListener("pointercancel", ended);
      // After the click that follows.
      setTimeout(() => setDragged(false));
    };
    addEventListener("pointermove", moved);
    addEventListener("pointerup", ended);
    addEventListener("pointercancel", ended);
  };
  return {
    element,
    room,
    viewport,
    isDragged,
    isMoved,
    open: (graph, around) => {
      isMoved.current = false;
      change(fitLegibly(graph, room, around));
    },
    fitWhole: (graph) => {
      isMoved.current = false;
      change(fitWhole(graph, room));
    },
    zoom: (factor) => setViewport((now) => zoom(now, factor, { x: room.width / 2, y: room.height / 2 })),
    reveal: (point) => setViewport((now) => reveal(now, point, room)),
    move: setViewport,
    drag,
  };
}
