// Which requests are in Jaeger, and whether their traces are whole there.
import { setTimeout } from "node:timers/promises";
import type { Jaeger } from "../../../collector-config/run/jaeger.ts";
import { readTrace, type StoredSpan } from "../../../examples/lab/stored-span.ts";
import { CHAIN, spansOf } from "./chain.ts";
import type { Answered } from "./load.ts";

/** `broken`: all spans are there, but do not hang together, or tell of another cause. */
export type Found = "whole" | "missing" | "incomplete" | "twice" | "broken";

/** What of a trace has come. */
export type Judge = (spans: readonly StoredSpan[], answered: Answered) => Found;

/** At one time: who asks for all traces again and again slows down what it waits for. */
const QUESTIONS = 8;
const PAUSE_MS = 200;

/**
 * Asks Jaeger for one trace after the other, for each until it is whole, or the time is over; then once for each that is left.
 *
 * @returns what was found last, for each request, in their order
 */
export async function untilStored(
  jaeger: Jaeger,
  answered: readonly Answered[],
  judge: Judge,
  timeoutMs: number,
): Promise<Found[]> {
  const found: Found[] = answered.map(() => "missing");
  const end = performance.now() + timeoutMs;
  const places = answered.keys();
  const ask = async (): Promise<void> => {
    for (const place of places) {
      const one = answered[place] as Answered;
      for (;;) {
        // Who has just been started may not answer yet.
        const spans = await readTrace(jaeger.queryUrl, one.traceId).catch(() => []);
        found[place] = judge(spans, one);
        if (found[place] === "whole" || performance.now() >= end) break;
        await setTimeout(PAUSE_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: QUESTIONS }, ask));
  return found;
}

/** Every span once, in one piece, with its root at the entry. */
export function judgeSpans(spans: readonly StoredSpan[], { failing }: Answered): Found {
  if (spans.length === 0) return "missing";
  const ids = new Set(spans.map(({ spanId }) => spanId));
  if (ids.size < spans.length) return "twice";
  if (ids.size < spansOf(failing)) return "incomplete";
  const tops = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
  const [top] = tops;
  const together = tops.length === 1 && top?.parentSpanId === undefined && top?.service === CHAIN[0];
  return together && ids.size === spansOf(failing) ? "whole" : "broken";
}

/** The same, and the root tells of the failure: its verdict and its cause. */
export function judgeTree(spans: readonly StoredSpan[], answered: Answered): Found {
  const found = judgeSpans(spans, answered);
  if (found !== "whole") return found;
  const { attributes } = spans.find(({ parentSpanId }) => parentSpanId === undefined) as StoredSpan;
  const tells =
    attributes["error_tree.verdict"] === "failed" &&
    attributes["error_tree.root_cause.service"] === answered.failing;
  return tells ? "whole" : "broken";
}
