// Chooses the span of time that is shown, and one to compare it with.
import type { VNode } from "preact";
import type { Picture } from "../../graph/picture.ts";
import { barsOf } from "../pure/failure-kinds.ts";
import { clockText, spanText } from "../pure/numbers.ts";
import { LASTS } from "../pure/view-state.ts";
import { usePage } from "./context.ts";
import { Choice, Toggle } from "./controls.tsx";

/** The bar of times. */
export function TimeBar(): VNode {
  const { page, state, picture } = usePage();
  const { view, live, problem } = state;
  const newest = live?.picture;
  const { span } = view;
  const length = lengthOf(picture, span);
  return (
    <section class="time" aria-label="Time">
      <Choice
        label="The last"
        options={LASTS.map((last) => ({
          value: last,
          text: spanText(last),
          hint: `the last ${spanText(last)}`,
        }))}
        chosen={"last" in span ? span.last : undefined}
        choose={(last) => page.show({ span: { last } })}
      />
      {newest !== undefined && (
        <TimeSlider
          label="End of the span that is shown"
          newest={newest}
          end={"last" in span ? newest.to : span.to}
          length={length}
          move={(to) => page.show({ span: to >= newest.to ? liveSpan(length) : { from: to - length, to } })}
          focus="time"
        />
      )}
      <span class="times">{picture === undefined ? "" : timesText(picture.from, picture.to)}</span>
      {"from" in span && (
        <button type="button" class="button strong" title="l" onClick={() => page.goLive()}>
          Back to live
        </button>
      )}
      <Toggle isOn={view.before !== undefined} press={() => page.compare()} hint="c">
        Compare
      </Toggle>
      {view.before !== undefined && newest !== undefined && (
        <>
          <span class="against">with</span>
          <TimeSlider
            label="End of the span that is compared with"
            newest={newest}
            end={view.before + length}
            length={length}
            move={(to) => page.show({ before: to - length })}
          />
          <span class="times">{timesText(view.before, view.before + length)}</span>
        </>
      )}
      {problem !== undefined && (
        <span class="problem" role="alert">
          {problem}
        </span>
      )}
    </section>
  );
}

/** Bars above the slider. */
const BARS = 90;
const BAR_HEIGHT = 10;

/** When the failing requests were that are still in the list: where it is worth to go. */
function FailureBars({ from, to }: { readonly from: number; readonly to: number }): VNode | null {
  const { state } = usePage();
  const counts = barsOf(state.failures, { from, to, bars: BARS });
  const most = Math.max(...counts);
  if (most === 0) return null;
  return (
    <svg class="bars" viewBox={`0 0 ${BARS} ${BAR_HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {counts.map((count, i) => {
        const height = count === 0 ? 0 : Math.max(2, Math.sqrt(count / most) * BAR_HEIGHT);
        return <rect key={i} x={i + 0.15} y={BAR_HEIGHT - height} width={0.7} height={height} />;
      })}
    </svg>
  );
}

interface SliderProps {
  readonly label: string;
  readonly newest: Picture;
  readonly end: number;
  /** In milliseconds. */
  readonly length: number;
  readonly move: (end: number) => void;
  readonly focus?: string;
}

function TimeSlider({ label, newest, end, length, move, focus }: SliderProps): VNode {
  const step = Math.max(1, newest.windowSeconds) * 1_000;
  const first = Math.min(newest.to, newest.oldest + step);
  // Steps count back from the newest window, so that its end can be reached.
  const steps = Math.max(0, Math.floor((newest.to - first) / step));
  const at = Math.min(0, Math.max(-steps, Math.round((end - newest.to) / step)));
  return (
    <span class="slider">
      <FailureBars from={newest.to - steps * step} to={newest.to} />
      <input
        type="range"
        data-focus={focus}
        aria-label={label}
        aria-valuetext={`${timesText(end - length, end)}${at === 0 ? ", the newest" : ""}`}
        min={-steps}
        max={0}
        step={1}
        value={at}
        disabled={steps === 0}
        onInput={({ currentTarget }) => move(newest.to + Number(currentTarget.value) * step)}
      />
    </span>
  );
}

/** In milliseconds. */
function lengthOf(
  picture: Picture | undefined,
  span: { last: number } | { from: number; to: number },
): number {
  if ("last" in span) return span.last * 1_000;
  return picture === undefined ? span.to - span.from : Math.max(1_000, span.to - span.from);
}

function liveSpan(length: number): { last: number } {
  return { last: Math.max(1, Math.round(length / 1_000)) };
}

function timesText(from: number, to: number): string {
  return `${clockText(from)} – ${clockText(to)}`;
}
