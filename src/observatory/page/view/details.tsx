// Shows all that is known of the chosen node or edge.
import type { ComponentChildren, VNode } from "preact";
import { type EdgeKey, edgeId } from "../../graph/edge.ts";
import type { Durations, PictureEdge } from "../../graph/picture.ts";
import { byNeed } from "../pure/graph-view.ts";
import { type Moment, sparkline } from "../pure/history.ts";
import { ageText, countText, durationText, numberText, rateText, shareText } from "../pure/numbers.ts";
import { failureShare, missingShare, STATE_WORDS } from "../pure/standing.ts";
import { connectionInWords, kindInWords, NO_TRAFFIC } from "../pure/words.ts";
import { usePage } from "./context.ts";
import { StateSign, Toggle } from "./controls.tsx";
import { EdgeButton } from "./lists.tsx";

/** Edges of a node that are listed in each direction. */
const MOST_LISTED = 30;

/** The chosen node. */
export function NodeDetails({ name }: { readonly name: string }): VNode {
  const { page, state, picture, states, traffic, measure } = usePage();
  const node = picture?.nodes.find((one) => one.name === name);
  const { question } = state.view;
  const { seconds, unit } = measure;
  const flows = traffic.get(name) ?? NO_TRAFFIC;
  const edges = picture?.edges ?? [];
  const callers = edges.filter(({ server }) => server === name).sort(byNeed);
  const callees = edges.filter(({ client }) => client === name).sort(byNeed);
  const lastSeen = node?.lastSeen;
  const age = lastSeen === undefined || picture === undefined ? undefined : picture.at - lastSeen;
  return (
    <section class="panel chosen" aria-label="The chosen node">
      <Head close={() => page.chooseNode(name)}>
        <StateSign state={states.get(name) ?? "unobserved"} /> {name}
      </Head>
      {node === undefined && <p class="quiet">Nothing of it was seen in this time.</p>}
      <div class="asks">
        <Toggle isOn={question === "depends"} press={() => page.ask("depends")} hint="d">
          Who depends on whom
        </Toggle>
        <Toggle isOn={question === "blast"} press={() => page.ask("blast")} hint="b">
          Blast radius
        </Toggle>
        <Toggle isOn={question === "start"} press={() => page.ask("start")} hint="s">
          Where does it start
        </Toggle>
      </div>
      <dl class="facts">
        {node !== undefined && <Fact name="kind">{kindInWords(node.kind)}</Fact>}
        <Fact name="gets">{rateText(flows.requestsIn, seconds, unit)}</Fact>
        <Fact name="sends">{rateText(flows.requestsOut, seconds, unit)}</Fact>
        <Fact name="failures">
          {countText(flows.failuresIn)}
          {flows.requestsIn > 0 && ` (${shareText(flows.failuresIn / flows.requestsIn)})`}
        </Fact>
        {age !== undefined && <Fact name="last seen">{ageText(age)} before this picture</Fact>}
      </dl>
      <EdgeRows title="Called by" edges={callers} />
      <EdgeRows title="Calls" edges={callees} />
    </section>
  );
}

function EdgeRows({
  title,
  edges,
}: {
  readonly title: string;
  readonly edges: readonly PictureEdge[];
}): VNode | null {
  if (edges.length === 0) return null;
  return (
    <>
      <h3>
        {title} <span class="count">{edges.length}</span>
      </h3>
      <ul class="rows">
        {edges.slice(0, MOST_LISTED).map((edge) => (
          <li key={edgeId(edge)}>
            <EdgeButton edge={edge} />
          </li>
        ))}
      </ul>
      {edges.length > MOST_LISTED && <p class="quiet">and {edges.length - MOST_LISTED} more, in the table</p>}
    </>
  );
}

/** The chosen edge. */
export function EdgeDetails({ of }: { readonly of: EdgeKey }): VNode {
  const { page, picture, measure } = usePage();
  const id = edgeId(of);
  const edge = picture?.edges.find((one) => edgeId(one) === id);
  return (
    <section class="panel chosen" aria-label="The chosen edge">
      <Head close={() => page.chooseEdge(of)}>
        <StateSign state={edge === undefined ? "unobserved" : edge.state} /> {of.client}
        <span class="arrow"> → </span>
        {of.server}
      </Head>
      {edge === undefined ? (
        <p class="quiet">Nothing was counted on it in this time.</p>
      ) : (
        <>
          <Charts moments={page.history.of(id)} />
          <Judgements edge={edge} />
          <EdgeFacts edge={edge} seconds={measure.seconds} />
        </>
      )}
      <div class="asks">
        <button type="button" class="button" onClick={() => page.chooseNode(of.client)}>
          {of.client}
        </button>
        <button type="button" class="button" onClick={() => page.chooseNode(of.server)}>
          {of.server}
        </button>
      </div>
    </section>
  );
}

function EdgeFacts({ edge, seconds }: { readonly edge: PictureEdge; readonly seconds: number }): VNode {
  const { measure } = usePage();
  const { context } = edge;
  const missing = missingShare(edge);
  return (
    <dl class="facts">
      <Fact name="kind">{connectionInWords(edge.connectionType)}</Fact>
      <Fact name="requests">
        {countText(edge.requests)}, {rateText(edge.requests, seconds, measure.unit)}
      </Fact>
      <Fact name="failures">
        {countText(edge.failures)} ({shareText(failureShare(edge))})
      </Fact>
      <Fact name="at the callee">{durationsText(edge.durations)}</Fact>
      <Fact name="at the caller">{durationsText(edge.clientDurations)}</Fact>
      <Fact name="context">
        {missing !== undefined && missing > 0 ? (
          <b class="lost-context">{shareText(missing)} missing: </b>
        ) : (
          ""
        )}
        arrived {countText(context.arrived)}, missing {countText(context.missing)}
        {context.foreign > 0 && `, not expected ${countText(context.foreign)}`}
      </Fact>
      {edge.isInferred && (
        <Fact name="direction">inferred from the order of events, not from parent ids</Fact>
      )}
      {edge.clockAhead !== undefined && (
        <Fact name="clocks">
          that of {edge.server} is {durationText(Math.abs(edge.clockAhead))}{" "}
          {edge.clockAhead > 0 ? "ahead" : "behind"}
        </Fact>
      )}
    </dl>
  );
}

function Judgements({ edge }: { readonly edge: PictureEdge }): VNode | null {
  if (edge.judgements.length === 0) return null;
  return (
    <ul class="judgements">
      {edge.judgements.map(({ text, state, kept, line }) => (
        <li key={`${line} ${text}`}>
          <StateSign state={state} /> {text}
          <span class="quiet">
            {" "}
            {kept === undefined ? STATE_WORDS[state] : `kept by ${shareText(kept)}`}, line {line}
          </span>
        </li>
      ))}
    </ul>
  );
}

const CHART = { width: 150, height: 34 };

function Charts({ moments }: { readonly moments: readonly Moment[] }): VNode | null {
  if (moments.length < 2) return null;
  const rates = moments.map(({ rate }) => rate);
  const p95s = moments.map(({ p95 }) => p95 ?? 0);
  const shares = moments.map(({ failures }) => failures);
  return (
    <div class="charts">
      <Chart title="requests/s" most={numberText(Math.max(...rates))} values={rates} />
      <Chart title="p95" most={durationText(Math.max(...p95s))} values={p95s} />
      <Chart title="failures" most={shareText(Math.max(...shares))} values={shares} />
    </div>
  );
}

interface ChartProps {
  readonly title: string;
  readonly most: string;
  readonly values: readonly number[];
}

function Chart({ title, most, values }: ChartProps): VNode {
  return (
    <figure class="chart">
      <figcaption>
        {title} <span class="quiet">≤ {most}</span>
      </figcaption>
      <svg viewBox={`0 -1 ${CHART.width} ${CHART.height + 2}`} preserveAspectRatio="none" aria-hidden="true">
        <polyline points={sparkline(values, CHART.width, CHART.height)} />
      </svg>
    </figure>
  );
}

function Head({
  close,
  children,
}: {
  readonly close: () => void;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <div class="panel-head">
      <h2>{children}</h2>
      <button type="button" class="button" aria-label="Let go of it" title="Esc" onClick={close}>
        ✕
      </button>
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function durationsText({ p50, p95, p99 }: Durations): string {
  if (p50 === undefined && p95 === undefined && p99 === undefined) return "not measured";
  return `p50 ${durationText(p50)}, p95 ${durationText(p95)}, p99 ${durationText(p99)}`;
}
