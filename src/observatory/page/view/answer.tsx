// Shows the answer to one of the three questions.
import type { VNode } from "preact";
import { edgeId } from "../../graph/edge.ts";
import { plural, rateText } from "../pure/numbers.ts";
import { blastRadius, downstreamOf, type Reached, startsOf, upstreamOf } from "../pure/questions.ts";
import { STATE_WORDS } from "../pure/standing.ts";
import type { Question } from "../pure/view-state.ts";
import { usePage } from "./context.ts";
import { StateSign } from "./controls.tsx";
import { EdgeButton } from "./lists.tsx";

const TITLES: Readonly<Record<Question, string>> = {
  depends: "Who depends on whom",
  blast: "Blast radius",
  start: "Where does it start",
};

/** The answer to the question that is asked. */
export function Answer(): VNode | null {
  const { page, state } = usePage();
  const { question } = state.view;
  if (question === undefined) return null;
  return (
    <section class="panel answer" aria-label="Answer" aria-live="polite">
      <div class="panel-head">
        <h2>{TITLES[question]}</h2>
        <button
          type="button"
          class="button"
          aria-label="Take the question back"
          title="Esc"
          onClick={() => page.ask(question)}
        >
          ✕
        </button>
      </div>
      <AnswerText question={question} />
    </section>
  );
}

function AnswerText({ question }: { readonly question: Question }): VNode {
  const { state } = usePage();
  const { node } = state.view;
  if (question === "start") return <Starts />;
  if (node === undefined) return <p class="quiet">Choose a node.</p>;
  return question === "blast" ? <Blast node={node} /> : <Depends node={node} />;
}

function Starts(): VNode {
  const { picture, state } = usePage();
  const { node } = state.view;
  const starts = startsOf(picture?.edges ?? [], node);
  const where = node === undefined ? "" : ` at ${node} or downstream of it`;
  const [worst] = starts;
  if (worst === undefined) return <p>Nothing fails{where}.</p>;
  return (
    <>
      <p>
        {plural(starts.length, "edge")} {starts.length === 1 ? "is" : "are"} {STATE_WORDS[worst.state]}
        {where} with nothing behind {starts.length === 1 ? "it" : "them"} that is.
      </p>
      <ul class="rows">
        {starts.map((edge) => (
          <li key={edgeId(edge)}>
            <EdgeButton edge={edge} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Blast({ node }: { readonly node: string }): VNode {
  const { picture, traffic, measure } = usePage();
  const { nodes } = blastRadius(picture?.edges ?? [], node);
  const gets = traffic.get(node)?.requestsIn ?? 0;
  if (nodes.length === 0) return <p>Nobody calls {node}.</p>;
  return (
    <>
      <p>
        If {node} fails, {plural(nodes.length, "node")} upstream may fail with it. It gets{" "}
        {rateText(gets, measure.seconds, measure.unit)}.
      </p>
      <ReachedList nodes={nodes} />
    </>
  );
}

function Depends({ node }: { readonly node: string }): VNode {
  const { picture } = usePage();
  const edges = picture?.edges ?? [];
  const [up, down] = [upstreamOf(edges, node).nodes, downstreamOf(edges, node).nodes];
  return (
    <>
      <h3>
        Depend on it <span class="count">{up.length}</span>
      </h3>
      {up.length === 0 ? <p class="quiet">Nobody.</p> : <ReachedList nodes={up} />}
      <h3>
        It depends on <span class="count">{down.length}</span>
      </h3>
      {down.length === 0 ? <p class="quiet">On nothing.</p> : <ReachedList nodes={down} />}
    </>
  );
}

function ReachedList({ nodes }: { readonly nodes: readonly Reached[] }): VNode {
  const { page, states, measure } = usePage();
  return (
    <ol class="rows">
      {nodes.map(({ name, distance, requests }) => (
        <li key={name}>
          <button type="button" class="row" onClick={() => page.show({ node: name })}>
            <StateSign state={states.get(name) ?? "unobserved"} />
            <span class="row-name">{name}</span>
            <span class="row-facts">
              <span>{rateText(requests, measure.seconds, measure.unit)}</span>
              <span>{distance === 1 ? "direct" : `${distance} edges away`}</span>
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
