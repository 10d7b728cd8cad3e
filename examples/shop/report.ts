// Tells a person what became of an order: the tree, the size of the header, the lines of the logs, and how to find it in Jaeger.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { fingerprintOf, formatTree, rootCauseOf, type TreeNode } from "otel-error-tree";
import { readTrace } from "../lab/stored-span.ts";
import type { Failure } from "./failures.ts";
import { ROOT } from "./program.ts";
import type { Answer, Shop } from "./shop.ts";

const CLI = join(ROOT, "dist/cli/bin.js");
/** Spans are exported some seconds after their request. */
const ARRIVES_MS = 15_000;
/** Of the log lines, from both ends. */
const MOST_LINES = 5;
const run = promisify(execFile);

/** All there is to say of a failure that was met. */
export async function reportOf(shop: Shop, failure: Failure, answers: readonly Answer[]): Promise<string> {
  const isShown = failure.isShown ?? (({ tree }) => tree !== undefined);
  const last = answers.findLast(isShown) ?? (answers.at(-1) as Answer);
  const parts = [`${failure.name}: ${failure.what}`, kindsText(answers), `HTTP ${last.status}`];
  parts.push(last.tree === undefined ? await treeBeside(shop, last) : formatTree(last.tree));
  parts.push(headerText(last), await linesText(shop, last), findText(shop, last));
  if (failure.name === "missing-call") parts.push(await comparison(shop, last, answers[0] as Answer));
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** How often each kind of answer came, and by which cause, if there were several orders. */
function kindsText(answers: readonly Answer[]): string {
  if (answers.length === 1) return "";
  const kinds = new Map<string, number>();
  for (const answer of answers) {
    const kind = kindOf(answer);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const lines = [...kinds].map(([kind, count]) => `${String(count).padStart(4)}  ${kind}`);
  return [`${answers.length} orders:`, ...lines].join("\n");
}

function kindOf({ status, tree }: Answer): string {
  if (tree === undefined) return String(status);
  const { service, operation, code, message } = rootCauseOf(tree.root).node;
  return `${status}  ${service} ${operation} ${code}${message === undefined ? "" : `: ${message}`}`;
}

function headerText({ header, tree }: Answer): string {
  if (header === undefined || tree === undefined)
    return "header  none: what failed is nothing that the storefront waits for";
  const left = tree.omitted === 0 ? "nothing left out" : `${tree.omitted} nodes left out`;
  return `header  x-error-tree, ${header.length} bytes as JSON, ${left}`;
}

/** The tree of a consumer, as the observatory has it. */
async function treeBeside(shop: Shop, { traceId }: Answer): Promise<string> {
  const end = performance.now() + ARRIVES_MS;
  while (performance.now() < end) {
    const answer = await fetch(`${shop.observatoryUrl}/api/failures/${traceId}`);
    if (answer.ok) return ((await answer.json()) as { text: string }).text.trimEnd();
    await sleep(200);
  }
  return `no tree of trace ${traceId} has come to the observatory`;
}

async function linesText(shop: Shop, { traceId, tree }: Answer): Promise<string> {
  // The line of the failed request comes at its end, after the answer.
  const last = tree === undefined ? '"error_tree"' : '"service":"storefront".*"error_tree"';
  const isThere = (): boolean => shop.linesOf(traceId).some((line) => new RegExp(last).test(line));
  for (const end = performance.now() + ARRIVES_MS; performance.now() < end && !isThere(); ) await sleep(200);
  const lines = shop.linesOf(traceId);
  const left = lines.length - 2 * MOST_LINES;
  if (left > 0) lines.splice(MOST_LINES, left, `… ${left} more`);
  return ["logs    of all services, by trace id:", ...lines].join("\n");
}

function findText({ jaegerUrl, observatoryUrl }: Shop, { traceId, tree }: Answer): string {
  if (jaegerUrl === undefined)
    return `trace   ${traceId}, in the observatory: ${observatoryUrl} (there is no Jaeger: npm run tools -- --only jaeger)`;
  const lines = [
    `Jaeger  npm run -s cli -- render --jaeger ${jaegerUrl} --trace ${traceId}`,
    `        ${jaegerUrl}/api/traces/${traceId}`,
  ];
  if (tree !== undefined) {
    const tags = encodeURIComponent(JSON.stringify({ "error_tree.fingerprint": fingerprintOf(tree.root) }));
    lines.push(`        all of this kind: '${jaegerUrl}/api/traces?service=storefront&tags=${tags}'`);
  }
  return lines.join("\n");
}

/** The services in the tree of a failed order. */
function servicesOf(node: TreeNode | undefined): string[] {
  return node === undefined ? [] : [node.service, ...node.children.flatMap(servicesOf)];
}

/** What `render --compare` says of a failing request beside a good one; empty if there is no Jaeger. */
export async function comparison(shop: Shop, bad: Answer, good: Answer): Promise<string> {
  if (shop.jaegerUrl === undefined) return "";
  const args = ["render", "--jaeger", shop.jaegerUrl, "--trace", bad.traceId, "--compare", good.traceId];
  const command = `npm run -s cli -- ${args.join(" ")}`;
  let why = "";
  for (const end = performance.now() + ARRIVES_MS; performance.now() < end; await sleep(500)) {
    try {
      // The good one is exported by the SDK's own processor in each service, five seconds later: half of it would differ everywhere.
      const there = new Set((await readTrace(shop.jaegerUrl, good.traceId)).map(({ service }) => service));
      why = "the good order is not whole in Jaeger";
      if (!servicesOf(bad.tree?.root).every((service) => there.has(service))) continue;
      return `${command}\n${(await run(process.execPath, [CLI, ...args])).stdout.trimEnd()}`;
    } catch (error) {
      why = (error as { stderr?: string }).stderr ?? String(error);
    }
  }
  return `${command}\n${why}`;
}
