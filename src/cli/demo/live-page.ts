// Writes the page of the live demo: buttons for what fails, what its user sees, and the tree of `render --html`.
import { xmlText } from "../../draw/xml.ts";
import { type Frame, pageOf, policyOf } from "../page/page.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { type Answered, ASK } from "./order.ts";

/** An order, and what came of it. */
export interface Ordered extends Answered {
  readonly fault: Fault;
  readonly url: string;
}

const STYLE = `
.demo{margin:0 0 28px}
.demo form{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0}
.demo button{font:inherit;color:var(--ink);background:none;border:1px solid var(--line);border-radius:6px;padding:6px 12px;cursor:pointer}
.demo button[aria-pressed=true]{border-color:var(--bad);color:var(--bad)}
.demo h2{font-size:14px;margin:16px 0 0}
`;

/** The page, and its fields. Before the first order there is no tree on it. */
export function livePage(ordered: Ordered | undefined): {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const frame: Frame = { title: "otel-error-tree demo", style: STYLE, above: aboveOf(ordered) };
  const tree = ordered?.tree;
  return {
    html: pageOf(tree === undefined ? [] : [{ tree }], frame),
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `${policyOf(frame)}; frame-ancestors 'none'`,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
  };
}

function aboveOf(ordered: Ordered | undefined): string {
  const buttons = FAULTS.map(({ key, label, what }) => {
    const isPressed = key === ordered?.fault.key;
    return `<button name="fault" value="${key}" aria-pressed="${isPressed}" title="${xmlText(what)}">${xmlText(label)}</button>`;
  });
  return `<div class="demo">
<h1>checkout → payment → bank</h1>
<p>Three services, each a process of its own with the OpenTelemetry SDK. What should go wrong?</p>
<form method="get" action="/">${buttons.join("")}</form>
${ordered === undefined ? "" : answerOf(ordered)}</div>`;
}

function answerOf({ fault, url, status, body, field, tree }: Ordered): string {
  const curl = `curl -si -X POST -H 'x-error-tree: ${ASK}' '${url}' | npx otel-error-tree render`;
  return `<p>${xmlText(fault.what)}</p>
<h2>What its user sees</h2>
<pre>HTTP/1.1 ${xmlText(status)}\n\n${xmlText(body)}</pre>
<h2>What a trusted caller sees: the response header, and the tree in it</h2>
<pre>x-error-tree: ${xmlText(field ?? "")}</pre>
${tree === undefined ? "<p>Nothing failed: there is no tree.</p>\n" : ""}<h2>Try it</h2>
<pre>${xmlText(curl)}</pre>
`;
}
