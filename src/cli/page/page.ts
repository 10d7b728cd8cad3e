// Writes a page that shows error trees by itself: no other file, no network, no script but its own.
import { createHash } from "node:crypto";
import { type DrawOptions, drawTree } from "../../draw/tree-svg.ts";
import { subjectOf, whoOf, whyOf } from "../../draw/words.ts";
import { xmlText } from "../../draw/xml.ts";
import { alternativesOf, reasonsIn, wayInWords } from "../../tree/explain.ts";
import { fingerprintOf } from "../../tree/fingerprint.ts";
import { marksOf, outcomeOf } from "../../tree/format.ts";
import { type ErrorTree, type RootCause, rootCauseOf, type TreeNode, verdictOf } from "../../tree/tree.ts";
import { shownSpanId } from "../shared-ids.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";

/** A tree for the page, and how it is drawn. */
export interface PageTree extends Pick<DrawOptions, "timeOf"> {
  readonly tree: ErrorTree;
  /** A line beneath the headline: how often it happened, what is missing. */
  readonly note?: string;
}

/** What stands on the page besides trees. */
export interface Frame {
  readonly title: string;
  /** HTML above the trees, with forms that lead to the page itself. No text of a tree gets into it but by `xmlText`. */
  readonly above: string;
  /** Style of what is above. */
  readonly style: string;
}

/**
 * The content security policy of a page. Hashes in place of `unsafe-inline`: markup that came in by a name would still run nothing and load nothing.
 *
 * Source: Content Security Policy Level 3, W3C. `frame-ancestors` counts in a response field alone.
 */
export function policyOf(frame?: Frame): string {
  return [
    "default-src 'none'",
    `style-src ${hashOf(styleOf(frame))}`,
    `script-src ${hashOf(PAGE_SCRIPT)}`,
    // The empty icon: without one a browser asks the host for it.
    "img-src data:",
    "base-uri 'none'",
    `form-action ${frame === undefined ? "'none'" : "'self'"}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function styleOf(frame: Frame | undefined): string {
  return `${PAGE_STYLE}${frame?.style ?? ""}`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** Most nodes on a page, shared out among its trees: Chromium opens it within 1.6 s, and a key takes 25 to 130 ms. */
const MOST_NODES = 4_000;
/** Nodes of a tree that are drawn, however many trees there are. */
const LEAST_OF_TREE = 40;
/** Nodes of a tree that are drawn if it is alone. */
const MOST_OF_TREE = 2_000;

/** The page. Whatever the texts of a tree hold, they are text on it. */
export function pageOf(trees: readonly PageTree[], frame?: Frame): string {
  const [first] = trees;
  const share = Math.floor(MOST_NODES / trees.length);
  const mostNodes = Math.max(LEAST_OF_TREE, Math.min(MOST_OF_TREE, share));
  const title =
    frame?.title ??
    (first === undefined ? "no error tree" : `${verdictOf(first.tree.root)}: ${whoOf(first.tree.root)}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(frame)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${xmlText(title)}</title>
<style>${styleOf(frame)}</style>
</head>
<body>
<main>
${frame?.above ?? ""}${trees.map((tree) => sectionOf(tree, mostNodes)).join("\n")}
</main>
<footer>Keys: <kbd>↑</kbd> <kbd>↓</kbd> next node, <kbd>←</kbd> the node above, <kbd>→</kbd> the first beneath, <kbd>Home</kbd> <kbd>End</kbd> first and last, <kbd>c</kbd> the root cause</footer>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function sectionOf({ tree, timeOf, note }: PageTree, mostNodes: number): string {
  const cause = rootCauseOf(tree.root);
  const {
    svg,
    nodes,
    cause: causeIndex,
  } = drawTree(tree, { ...(timeOf && { timeOf }), use: "tree", mostNodes });
  const reasons = reasonsIn(tree.root);
  const way = new Set(cause.path);
  const details = nodes.map((node) =>
    detailsOf({ node, isOnWay: way.has(node), time: timeOf?.(node), because: reasons.get(node) ?? [] }),
  );
  const trace = tree.traceId === "" ? "" : ` <span class="id">trace ${xmlText(tree.traceId)}</span>`;
  return `<section data-cause="${causeIndex}">
<h1><span class="${verdictOf(tree.root)}">${verdictOf(tree.root).toUpperCase()}</span>${trace} <span class="id">fingerprint ${fingerprintOf(tree.root)}</span></h1>
${note === undefined ? "" : `<p class="note">${xmlText(note)}</p>\n`}<dl class="cause">${causeRows(cause)}</dl>
<div class="columns">
<div class="drawing">${svg}</div>
<div class="details" aria-live="polite">
${details.join("\n")}
</div>
</div>
</section>`;
}

function causeRows(cause: RootCause): string {
  const { node, ambiguous } = cause;
  const why = whyOf(node);
  const doubt = ambiguous ? " (not for sure)" : "";
  const because = wayInWords(cause);
  return [
    row("root cause", `${subjectOf(node)}${why === "" ? "" : `: ${why}`}${doubt}`),
    because === undefined ? "" : row("because", because),
    ...alternativesOf(cause).map((other) => row("or", `${subjectOf(other.node)} (${other.why})`)),
  ].join("");
}

interface Detail {
  readonly node: TreeNode;
  readonly isOnWay: boolean;
  readonly time: string | undefined;
  readonly because: readonly string[];
}

/** All that is known of a node, with no text cut short. */
function detailsOf({ node, isOnWay, time, because }: Detail): string {
  const { service, operation, at, peer, errorType, message, frames, causes = [], count, spanId } = node;
  const rows: [name: string, value: string | undefined][] = [
    ["service", service],
    ["operation", operation],
    ["at", at],
    ["calls", peer],
    ["outcome", outcomeOf(node)],
    ["took", time],
    ["times", count > 1 ? String(count) : undefined],
    ["error type", errorType],
    ["message", message],
    ...causes.map((cause): [string, string] => ["caused by", cause]),
    ...marksOf(node, isOnWay).map((mark): [string, string] => ["also", mark]),
    ...because.map((reason): [string, string] => ["judged", reason]),
    ["span", spanId === undefined ? undefined : shownSpanId(spanId)],
  ];
  const shown = rows.map(([name, value]) => (value === undefined || value === "" ? "" : row(name, value)));
  const stack =
    frames === undefined ? "" : `<pre>${frames.map((frame) => `at ${xmlText(frame)}`).join("\n")}</pre>`;
  return `<div class="detail"><dl>${shown.join("")}</dl>${stack}</div>`;
}

function row(name: string, value: string): string {
  return `<dt>${name}</dt><dd>${xmlText(value)}</dd>`;
}
