// Shows failing requests as they come in, and the tree of one as the stack trace that `otel-error-tree render` prints.
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Failure, RenderedTree } from "../../graph/picture.ts";
import { type FailureKind, kindsOf } from "../pure/failure-kinds.ts";
import { ageText, clockText, plural } from "../pure/numbers.ts";
import { serverTime } from "../state/page-state.ts";
import { useNow } from "../state/store.ts";
import { PASTED } from "../state/tree-shelf.ts";
import { usePage } from "./context.ts";
import { Choice, Toggle } from "./controls.tsx";

/** Kinds that are listed. */
const MOST_ROWS = 60;

/** The failing requests at the bottom of the page. */
export function FailureDock(): VNode {
  const { page, state } = usePage();
  const { failures, view } = state;
  const within = useMemo(() => failuresWithin(failures, view.span), [failures, view.span]);
  const kinds = useMemo(() => kindsOf(within), [within]);
  const now = serverTime(state.live, useNow(1_000));
  const isEmpty = failures.length === 0 && state.tree.phase === "none";
  return (
    <section class={`dock${isEmpty ? " empty" : ""}`} aria-label="Failing requests">
      <div class="failures" data-focus="failures">
        <div class="panel-head">
          <h2>
            Failing requests <span class="count">{within.length === 0 ? "" : within.length}</span>
          </h2>
          {failures.length > 0 && (
            <Toggle isOn={view.failure === undefined} press={() => page.show({ failure: toggled(state) })}>
              Newest
            </Toggle>
          )}
        </div>
        {kinds.length === 0 && (
          <p class="quiet">
            {failures.length === 0 ? "No failing request has come in." : "None within this time."}
          </p>
        )}
        <ol class="rows">
          {kinds.slice(0, MOST_ROWS).map((kind) => (
            <li key={kind.fingerprint}>
              <KindButton kind={kind} now={now} />
            </li>
          ))}
        </ol>
      </div>
      {!isEmpty && <TreePanel />}
    </section>
  );
}

/** From the newest to the one that is shown, and back. */
function toggled({ view, tree }: ReturnType<typeof usePage>["state"]): string | undefined {
  if (view.failure !== undefined) return undefined;
  return tree.phase === "none" ? undefined : tree.of;
}

function failuresWithin(
  failures: readonly Failure[],
  span: ReturnType<typeof usePage>["state"]["view"]["span"],
): readonly Failure[] {
  if ("last" in span) return failures;
  return failures.filter(({ time }) => time >= span.from && time < span.to);
}

interface KindProps {
  readonly kind: FailureKind;
  /** By the server's clock. */
  readonly now: number;
}

function KindButton({ kind, now }: KindProps): VNode {
  const { page, state } = usePage();
  const { newest, requests, traces } = kind;
  const { tree, view } = state;
  const isShown = tree.phase !== "none" && traces.some(({ traceId }) => traceId === tree.of);
  return (
    <button
      type="button"
      class="row"
      aria-pressed={isShown}
      title={clockText(newest.time)}
      onClick={() => page.show({ failure: view.failure === newest.traceId ? undefined : newest.traceId })}
    >
      <span class="sign fail" aria-hidden="true">
        ✕
      </span>
      <span class="row-name">
        {newest.service} {newest.operation}
      </span>
      <span class="row-when">
        {requests > 1 && <b>×{requests}</b>} {ageText(now - newest.time)} ago
      </span>
      <span class="row-cause">{newest.cause}</span>
      {newest.drift !== undefined && <span class="row-drift">drift {newest.drift}</span>}
    </button>
  );
}

function TreePanel(): VNode {
  const { page, state } = usePage();
  const { tree, failures } = state;
  const [form, setForm] = useState<"text" | "drawing">("text");
  const failure = tree.phase === "none" ? undefined : failures.find(({ traceId }) => traceId === tree.of);
  return (
    <section class="tree" aria-label="Stack trace of a failing request">
      <div class="panel-head">
        <h2>{titleOf(tree, failure)}</h2>
        {tree.phase === "shown" && (
          <>
            <Choice
              label="Show the tree as"
              options={[
                { value: "text", text: "Stack trace" },
                { value: "drawing", text: "Drawing" },
              ]}
              chosen={form}
              choose={setForm}
            />
            <CopyButton text={tree.tree.text} />
            <JaegerLink tree={tree.tree} failure={failure} />
            {tree.of === PASTED && (
              <button type="button" class="button" onClick={() => page.show({ failure: undefined })}>
                Back to the newest
              </button>
            )}
          </>
        )}
      </div>
      {failure !== undefined && <FailureFacts failure={failure} />}
      {tree.phase === "failed" && (
        <p class="problem" role="alert">
          The tree could not be had: {tree.reason}
        </p>
      )}
      {tree.phase === "loading" && <p class="quiet">Fetching the tree …</p>}
      {tree.phase === "shown" &&
        (form === "text" ? <StackTrace text={tree.tree.text} /> : <Drawing svg={tree.tree.svg} />)}
    </section>
  );
}

function titleOf(tree: ReturnType<typeof usePage>["state"]["tree"], failure: Failure | undefined): string {
  if (tree.phase === "none") return "Stack trace";
  if (tree.of === PASTED) return "Pasted";
  if (failure !== undefined) return `${failure.service} ${failure.operation}`;
  return `Trace ${tree.of}`;
}

function FailureFacts({ failure }: { readonly failure: Failure }): VNode {
  const { code, cause, drift, represents, time, traceId } = failure;
  return (
    <dl class="failure-facts">
      <div>
        <dt>root cause</dt>
        <dd class="bad">{cause}</dd>
      </div>
      <div>
        <dt>answered</dt>
        <dd>{code}</dd>
      </div>
      {drift !== undefined && (
        <div>
          <dt>drift</dt>
          <dd>{drift}</dd>
        </div>
      )}
      <div>
        <dt>at</dt>
        <dd>
          {clockText(time)}
          {represents > 1 && `, one of ${plural(represents, "request")}`}
        </dd>
      </div>
      <div>
        <dt>trace</dt>
        <dd class="mono">{traceId}</dd>
      </div>
    </dl>
  );
}

function StackTrace({ text }: { readonly text: string }): VNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <pre class="stack" tabIndex={0} role="region" aria-label="Stack trace">
      {text.split("\n").map((line, i) => (
        <span key={i} class={/root cause/i.test(line) ? "cause" : undefined}>
          {`${line}\n`}
        </span>
      ))}
    </pre>
  );
}

/** As an image: whatever is in it, an image runs no script and loads nothing. */
function Drawing({ svg }: { readonly svg: string }): VNode {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <div class="drawing" tabIndex={0} role="region" aria-label="Drawing of the tree">
      <img
        src={`data:image/svg+xml,${encodeURIComponent(svg)}`}
        alt="The same tree, drawn. Its text is in the stack trace."
      />
    </div>
  );
}

function CopyButton({ text }: { readonly text: string }): VNode {
  const { page } = usePage();
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      page.say("Copied.");
    } catch {
      page.say("The browser does not let the page copy.");
    }
  };
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      Copy
    </button>
  );
}

function JaegerLink({
  tree,
  failure,
}: {
  readonly tree: RenderedTree;
  readonly failure: Failure | undefined;
}): VNode | null {
  const url = tree.jaegerUrl ?? failure?.jaegerUrl;
  // A link of another kind than this would run what is in it.
  if (url === undefined || !/^https?:\/\//i.test(url)) return null;
  return (
    <a class="button" href={url} target="_blank" rel="noreferrer noopener">
      Jaeger ↗
    </a>
  );
}
