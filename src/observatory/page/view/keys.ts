// Holds what each key does.
import { useEffect } from "preact/hooks";
import { UNITS } from "../pure/numbers.ts";
import type { Observatory } from "../state/observatory.ts";

/** A key and what it does. */
export interface Key {
  readonly key: string;
  readonly does: string;
  readonly press: (page: Observatory) => void;
}

/** All keys of one letter. Within the graph there are more: arrows, `+`, `-`, `0`. */
export const KEYS: readonly Key[] = [
  {
    key: "d",
    does: "Who depends on whom: all that the chosen node calls and is called by",
    press: (page) => page.ask("depends"),
  },
  {
    key: "b",
    does: "Blast radius of the chosen node: everything upstream, by rate",
    press: (page) => page.ask("blast"),
  },
  {
    key: "s",
    does: "Where does it start: the most downstream edges that fail",
    press: (page) => page.ask("start"),
  },
  { key: "/", does: "Search", press: () => focusOn("search") },
  {
    key: "u",
    does: "Unhealthy only",
    press: (page) => page.show({ unhealthyOnly: !viewOf(page).unhealthyOnly }),
  },
  {
    key: "a",
    does: "All nodes, or the unhealthy and heavy ones of many",
    press: (page) => page.show({ whole: !viewOf(page).whole }),
  },
  {
    key: "t",
    does: "Table or graph",
    press: (page) => page.show({ view: viewOf(page).view === "table" ? "graph" : "table" }),
  },
  { key: "g", does: "To the graph: arrows move through it, Enter chooses", press: () => focusOn("graph") },
  { key: "w", does: "To the list of what is worst", press: () => focusOn("worst") },
  { key: "f", does: "To the failing requests", press: () => focusOn("failures") },
  {
    key: "i",
    does: "Requests per second, minute or hour",
    press: (page) => page.show({ unit: nextUnit(page) }),
  },
  { key: "p", does: "Hold the picture, or let it go on", press: (page) => page.pause() },
  { key: "h", does: "To the time: arrows move it", press: () => focusOn("time") },
  { key: "c", does: "Compare with the time before, or stop that", press: (page) => page.compare() },
  { key: "l", does: "Back to live", press: (page) => page.goLive() },
  { key: "v", does: "Paste a header value or a trace id", press: (page) => page.dialog("paste") },
  { key: "?", does: "These keys", press: (page) => page.dialog("keys") },
];

/** Listens to the keys. Nothing happens while the reader writes, and but Escape nothing while a dialog is open. */
export function useKeys(page: Observatory): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      const { dialog, hasKeys } = page.store.state;
      if (event.key === "Escape" && dialog === undefined) {
        if (isWriting(event.target)) (event.target as HTMLElement).blur();
        page.back();
        return;
      }
      if (dialog !== undefined || !hasKeys || isWriting(event.target)) return;
      const key = KEYS.find((one) => one.key === event.key);
      if (key === undefined) return;
      event.preventDefault();
      key.press(page);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [page]);
}

/** Moves the focus to what has this value of `data-focus`, or to the first control in it. */
function focusOn(name: string): void {
  const place = document.querySelector<HTMLElement>(`[data-focus="${name}"]`);
  if (place === null) return;
  const first = place.matches("input, button, [tabindex]")
    ? place
    : place.querySelector<HTMLElement>('button, input, a, [tabindex="0"]');
  first?.focus();
}

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches("input:not([type=checkbox], [type=range], [type=radio]), textarea, select");
}

function viewOf(page: Observatory): Observatory["store"]["state"]["view"] {
  return page.store.state.view;
}

function nextUnit(page: Observatory): (typeof UNITS)[number] {
  const at = UNITS.indexOf(viewOf(page).unit);
  return UNITS[(at + 1) % UNITS.length] as (typeof UNITS)[number];
}
