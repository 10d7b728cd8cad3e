// Sends a lab a gentle load, so that its observatory has something to show: most requests go well, some fail.
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "./lab.ts";
import { BYPASS_HEADER, forcePassHeader } from "./request-context.ts";

/** Of so many requests one fails, and another fails at the root's callee and is handled there. */
const ROUND = 10;
/** Accounts are kept for the three runs alone: those of the load are thrown away every so many requests. */
const KEPT = 1_000;

/** Asks the root so many times a second until the signal comes. A request without an answer is no end of it. */
export async function load(lab: Lab, perSecond: number, signal: AbortSignal): Promise<void> {
  const { root } = lab.topology;
  const wellGoing = { [BYPASS_HEADER]: "true" };
  const kinds: readonly Readonly<Record<string, string>>[] = [{}, { [forcePassHeader(root)]: "true" }];
  for (let i = 0; !signal.aborted; i++) {
    lab.ask(`load-${i}`, kinds[i % ROUND] ?? wellGoing).catch(() => {});
    if (i % KEPT === KEPT - 1) lab.forgetAccounts();
    await sleep(1_000 / perSecond, undefined, { signal }).catch(() => {});
  }
}
