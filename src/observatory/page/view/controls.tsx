// Holds the controls that several parts of the page share.
import type { ComponentChildren, VNode } from "preact";
import type { State } from "../../graph/picture.ts";
import { STATE_WORDS } from "../pure/standing.ts";

interface ToggleProps {
  readonly isOn: boolean;
  readonly press: () => void;
  readonly hint?: string;
  readonly children: ComponentChildren;
}

/** A button that is on or off. */
export function Toggle({ isOn, press, hint, children }: ToggleProps): VNode {
  return (
    <button type="button" class="button" aria-pressed={isOn} title={hint} onClick={press}>
      {children}
    </button>
  );
}

interface ChoiceProps<T extends string | number> {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string; readonly hint?: string }[];
  readonly chosen: T | undefined;
  readonly choose: (value: T) => void;
}

/** Buttons of which one is on. */
export function Choice<T extends string | number>({ label, options, chosen, choose }: ChoiceProps<T>): VNode {
  return (
    <fieldset class="choice">
      <legend class="spoken">{label}</legend>
      {options.map(({ value, text, hint }) => (
        <button
          key={value}
          type="button"
          class="button"
          aria-pressed={value === chosen}
          title={hint}
          onClick={() => choose(value)}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}

const SIGNS: Readonly<Record<State, string>> = { ok: "✓", warn: "!", fail: "✕", unobserved: "·" };

/** The sign of a state, with its word for whoever does not see it. */
export function StateSign({ state }: { readonly state: State }): VNode {
  return (
    <span class={`sign ${state}`}>
      <span aria-hidden="true">{SIGNS[state]}</span>
      <span class="spoken">{STATE_WORDS[state]}</span>
    </span>
  );
}

/** A line that is broken. */
export const LOST_PATH: string = "M-5 0h3.2M1.8 0h3.2M-1.6 3.4l3.2-6.8";

/** The sign of a context that does not arrive. */
export function LostSign(): VNode {
  return (
    <svg class="lost-sign" viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
      <circle r={7} />
      <path d={LOST_PATH} />
    </svg>
  );
}

/** A key on the keyboard. */
export function KeyCap({ of }: { readonly of: string }): VNode {
  return <kbd aria-hidden="true">{of}</kbd>;
}
