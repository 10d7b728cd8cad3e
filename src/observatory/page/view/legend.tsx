// Explains lines and marks, and moves closer and further away.
import type { VNode } from "preact";
import type { State } from "../../graph/picture.ts";
import { FAIL_SHARE, WARN_SHARE } from "../../graph/state.ts";
import { shareText } from "../pure/numbers.ts";
import { STATE_WORDS } from "../pure/standing.ts";
import { KeyCap, LostSign } from "./controls.tsx";

const STATES: readonly State[] = ["ok", "warn", "fail", "unobserved"];

/** The line beneath the graph. */
export function Legend(): VNode {
  return (
    <div class="legend">
      <ul
        title={`Without a quality attribute an edge warns from ${shareText(WARN_SHARE)} failures, and fails from ${shareText(FAIL_SHARE)}.`}
      >
        {STATES.map((state) => (
          <li key={state}>
            <svg width="34" height="8" class={`edge ${state}`} aria-hidden="true">
              <path class="line" d="M1 4H33" stroke-width="3" />
            </svg>{" "}
            {STATE_WORDS[state]}
          </li>
        ))}
        <li>width: rate</li>
        <li>label: rate, p95</li>
        <li>
          <LostSign /> context missing
        </li>
      </ul>
      <span class="hints">
        <KeyCap of="d" /> depends <KeyCap of="b" /> blast radius <KeyCap of="s" /> where it starts
      </span>
    </div>
  );
}

interface ZoomProps {
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
}

/** Moves closer and further away. */
export function Zoom({ zoom, fit }: ZoomProps): VNode {
  return (
    <span class="zoom">
      <button type="button" class="button" aria-label="Further away" title="-" onClick={() => zoom(0.8)}>
        −
      </button>
      <button type="button" class="button" aria-label="Fit: all of it" title="0" onClick={fit}>
        Fit
      </button>
      <button type="button" class="button" aria-label="Closer" title="+" onClick={() => zoom(1.25)}>
        +
      </button>
    </span>
  );
}
