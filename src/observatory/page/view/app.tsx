// Puts the page together.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { Observatory } from "../state/observatory.ts";
import { useStore } from "../state/store.ts";
import { PageContext } from "./context.ts";
import { useDerived } from "./derive.ts";
import { Dialogs } from "./dialogs.tsx";
import { Doubts } from "./doubts.tsx";
import { FailureDock } from "./failure-dock.tsx";
import { GraphStage } from "./graph-stage.tsx";
import { useKeys } from "./keys.ts";
import { Side } from "./side.tsx";
import { Tables } from "./tables.tsx";
import { TimeBar } from "./time-bar.tsx";
import { TopBar } from "./top-bar.tsx";

/** The whole page. */
export function App({ page }: { readonly page: Observatory }): VNode {
  const state = useStore(page.store);
  const derived = useDerived(state);
  useKeys(page);
  const { theme, view } = state.view;
  useEffect(() => {
    if (theme === undefined) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const failing = derived.picture?.edges.filter((edge) => edge.state === "fail").length ?? 0;
  useEffect(() => {
    document.title = failing === 0 ? "observatory" : `✕ ${failing} failing · observatory`;
  }, [failing]);
  return (
    <PageContext.Provider value={{ page, state, ...derived }}>
      <TopBar />
      <TimeBar />
      <Doubts />
      <main class="main">
        {view === "table" ? <Tables /> : <GraphStage />}
        <Side />
        <FailureDock />
      </main>
      <Dialogs />
      <div class="spoken" role="status" aria-live="polite">
        {state.said}
      </div>
    </PageContext.Provider>
  );
}
