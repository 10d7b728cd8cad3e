// Judges what a service says about its own set-up, and a tree that does not say what went wrong.
import { isFault } from "../../spans/code.ts";
import { printable } from "../../tree/format.ts";
import { type ErrorTree, isFailed, rootCauseOf, type TreeNode } from "../../tree/tree.ts";
import { answeringService, type Examination } from "./examine.ts";
import { bad, type Finding, note } from "./finding.ts";

/** What is wrong, and what to do, by the code that the service names. */
const MEANINGS: Readonly<Record<string, string>> = {
  ERROR_TREE_CALL_WITHOUT_SPAN:
    "calls services without a span for the call, so error trees end there. For fetch and undici add UndiciInstrumentation to the " +
    "instrumentations; an ES module must take http.get from the default export of node:http. " +
    "`node --import otel-error-tree/register app.js` does both",
  ERROR_TREE_INSTRUMENTED_TWICE:
    "is instrumented twice: register one HttpInstrumentation and one UndiciInstrumentation, and start one SDK",
  ERROR_TREE_UNKNOWN_VARIABLE:
    "has a variable that looks like one of this library and is unknown, such as a misspelled one",
  ERROR_TREE_ENVIRONMENT: "has a variable with a wrong value, or a package that one asks for is missing",
};
const WHERE = "Its standard error, or its log, says more";
/** Most codes that are printed, and the longest one. */
const MOST_CODES = 10;
const CODE = /^ERROR_TREE_[A-Z_]{1,40}$/;

/** What the service says is wrong with its set-up: it says so to those who ask for JSON. */
export function setUpFindings(examination: Examination): Finding[] {
  const service = answeringService(examination) ?? "the service";
  return warningsIn(examination).map((code) => {
    const meaning = MEANINGS[code] ?? "has given a warning about its set-up (docs/warnings.md)";
    return bad("set-up", `${service} ${meaning}. ${WHERE} (${code})`);
  });
}

/** Codes in the answer in JSON. */
function warningsIn({ first, second }: Examination): string[] {
  for (const probe of [second, first]) {
    if (probe?.answer.kind !== "own" || !probe.answer.value.startsWith("{")) continue;
    const { warnings } = JSON.parse(probe.answer.value) as { warnings?: unknown };
    if (!Array.isArray(warnings)) continue;
    return warnings
      .filter((code): code is string => typeof code === "string" && CODE.test(code))
      .slice(0, MOST_CODES);
  }
  return [];
}

/** A failure whose cause says nothing but a code. Only the cause: other messages may have had no room. */
export function messageFindings(tree: Pick<ErrorTree, "root"> | undefined): Finding[] {
  if (tree === undefined) return [];
  const { node } = rootCauseOf(tree.root);
  if (!isSilent(node)) return [];
  const text =
    `${printable(`${node.service} ${node.operation}`)} does not say why it failed, because a span of HTTP holds no error. Start it ` +
    "with `node --import otel-error-tree/register app.js`, or use the adapter of its framework (otel-error-tree/express, /fastify, " +
    "/koa, /hono, /nestjs, /graphql), or call failRequest(error) where the error is caught. Or a service that it called failed, " +
    "and that call has no span";
  return [note("message", text)];
}

/** True for a fault that began in a service of ours, and has neither message nor type. */
function isSilent(node: TreeNode): boolean {
  const isOurs = !node.opaque && !node.unanswered && !node.pending && node.peer === undefined;
  return (
    isOurs &&
    isFault(node.code) &&
    !node.message &&
    node.errorType === undefined &&
    !node.children.some(isFailed)
  );
}
