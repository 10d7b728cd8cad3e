// Waiting for what another process brings about: asked again and again, for as long as it may take.
import { setTimeout } from "node:timers/promises";
import { RunError } from "../program/run-error.ts";

const POLL_MS = 50;

/**
 * The first result that is neither `undefined` nor `false`. A question that fails has not been answered yet.
 *
 * @param what - what is waited for, as in "the trace is in Jaeger"
 * @throws RunError after `timeoutMs`, with the last failure
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  let why = "";
  for (const start = performance.now(); performance.now() - start < timeoutMs; await setTimeout(POLL_MS)) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      why = "";
    } catch (error) {
      if (error instanceof RunError) throw error;
      why = `: ${(error as Error).message}`;
    }
  }
  throw new RunError(`not after ${timeoutMs / 1000} s: ${what}${why}`);
}
