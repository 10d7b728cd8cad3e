// Shows what is searched for, in which unit, and how the connection stands.
import type { VNode } from "preact";
import { ageText, UNITS, unitInWords } from "../pure/numbers.ts";
import { useNow } from "../state/store.ts";
import { usePage } from "./context.ts";
import { Choice, KeyCap, Toggle } from "./controls.tsx";

/** The bar at the top. */
export function TopBar(): VNode {
  const { page, state } = usePage();
  const { view, isPaused, held } = state;
  return (
    <header class="top">
      <h1 class="brand">
        <Mark /> observatory
      </h1>
      <ConnectionSign />
      <input
        class="search"
        type="search"
        data-focus="search"
        aria-label="Search services"
        placeholder="Search services  /"
        value={view.search}
        onInput={({ currentTarget }) => page.show({ search: currentTarget.value })}
      />
      <Toggle
        isOn={view.unhealthyOnly}
        press={() => page.show({ unhealthyOnly: !view.unhealthyOnly })}
        hint="u"
      >
        Unhealthy only
      </Toggle>
      <Choice
        label="Rates per"
        options={UNITS.map((unit) => ({ value: unit, text: `/${unit}`, hint: `per ${unitInWords(unit)}` }))}
        chosen={view.unit}
        choose={(unit) => page.show({ unit })}
      />
      <Choice
        label="Show as"
        options={[
          { value: "graph", text: "Graph" },
          { value: "table", text: "Table" },
        ]}
        chosen={view.view}
        choose={(shown) => page.show({ view: shown })}
      />
      <span class="grow" />
      <Toggle isOn={isPaused} press={() => page.pause()} hint="p">
        {isPaused ? `Paused${held > 0 ? `, ${held} newer` : ""}` : "Pause"}
      </Toggle>
      <button type="button" class="button" title="v" onClick={() => page.dialog("paste")}>
        Paste a tree
      </button>
      <ThemeButton />
      <button type="button" class="button" aria-label="Keys" title="?" onClick={() => page.dialog("keys")}>
        <KeyCap of="?" />
      </button>
    </header>
  );
}

function Mark(): VNode {
  return (
    <svg class="mark" viewBox="0 0 22 22" width="20" height="20" aria-hidden="true">
      <path d="M5 11C9 11 10 5 16 5M5 11c4 0 5 6 11 6" class="mark-line" />
      <circle cx="4.5" cy="11" r="2.7" class="mark-node" />
      <circle cx="17" cy="5" r="2.7" class="mark-node" />
      <circle cx="17" cy="17" r="2.7" class="mark-bad" />
    </svg>
  );
}

/** A picture that is older than so many windows is called old. */
const OLD_AFTER_WINDOWS = 4;

function ConnectionSign(): VNode {
  const { state } = usePage();
  const now = useNow(1_000);
  const { connection, live } = state;
  if (connection.phase === "lost") {
    const age = live === undefined ? "" : `; what is shown is ${ageText(now - live.at)} old`;
    return (
      <span class="connection lost" title={connection.reason} role="status">
        <i class="dot" aria-hidden="true" /> no connection since {ageText(now - connection.since)}
        {age}
      </span>
    );
  }
  if (connection.phase === "refused") {
    return (
      <span class="connection lost" role="status">
        <i class="dot" aria-hidden="true" /> a token is needed
      </span>
    );
  }
  if (live === undefined) {
    return (
      <span class="connection" role="status">
        <i class="dot" aria-hidden="true" /> waiting for the first picture
      </span>
    );
  }
  const { picture, at } = live;
  // Both times of the server: its clock may be another one than that of the browser.
  const age = now - at + (picture.newest === undefined ? 0 : Math.max(0, picture.at - picture.newest));
  const isOld = now - at > OLD_AFTER_WINDOWS * 1_000 * Math.max(1, picture.windowSeconds);
  return (
    <span class={`connection ${isOld ? "old" : "open"}`} title="Age of the newest thing in the picture">
      <i class="dot" aria-hidden="true" /> {isOld ? "nothing new" : "live"} · {ageText(age)}
    </span>
  );
}

function ThemeButton(): VNode {
  const { page, state } = usePage();
  const { theme } = state.view;
  const isDark = theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
  const next = isDark ? "light" : "dark";
  return (
    <button
      type="button"
      class="button"
      aria-label={`Show it ${next}`}
      title={`Show it ${next}`}
      onClick={() => page.show({ theme: next })}
    >
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <circle cx="8" cy="8" r="6.2" class="theme-ring" />
        <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" class="theme-half" />
      </svg>
    </button>
  );
}
