// Says how the response of a request stands, and what it answers.
import type { ExportDecision } from "../fragments/decision.ts";
import type { Fragment } from "../fragments/fragment.ts";
import { type TreeContext, treeOf } from "../fragments/result.ts";
import { errorFacts } from "../spans/error-facts.ts";
import { verdictOf } from "../tree/tree.ts";
import type { Answer } from "../wire/messages.ts";

/** True if the response may outlive the server span, and is not over. */
export function isAwaited({ exchange }: Fragment): boolean {
  return exchange?.outlivesSpan === true && exchange.responseEnd() === "open";
}

/**
 * True if the response is open, and its head is not written yet or the verdict is not `failed`. Of a message nobody sees whether it
 * goes on after its reply: it does not if that promised an export. Decides nothing.
 */
export function goesOn(fragment: Fragment, trees: TreeContext): boolean {
  if (fragment.exchange?.responseEnd() !== "open") return false;
  // The reply to a message has no status, only a decision.
  if (fragment.status === 0 && fragment.decision === undefined) return true;
  if (fragment.status === 0 && fragment.decision?.forced) return false;
  const tree = treeOf(fragment, trees);
  return tree === undefined || verdictOf(tree.raw.root) !== "failed";
}

/** The answer to the caller. Its tree is redacted only when it is read, because perhaps nobody asked. */
export function answerOf({ service }: Fragment, { code, exported, tree }: ExportDecision): Answer {
  if (tree === undefined) return { service, code, exported };
  return {
    service,
    code,
    exported,
    get tree() {
      return tree.redacted();
    },
  };
}

/** Keeps the error of a handler, unless the program has said before why the request failed. */
export function handlerFailed(fragment: Fragment, error: unknown): void {
  if (!fragment.isInFlight || fragment.failure !== undefined) return;
  fragment.failed({ ...errorFacts(error), code: undefined });
}
