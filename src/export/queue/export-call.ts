// Calls the user's exporter once: whatever it does, there is one result, within the time limit.
import { context } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { SentRequests } from "./sent-requests.ts";
import { type Timing, within } from "./timing.ts";

/** What a call needs in addition to its spans. */
export interface ExportCall {
  readonly exporter: SpanExporter;
  readonly timing: Timing;
  /** After this a call counts as failed, in milliseconds. */
  readonly timeoutMs: number;
  /** Gets the requests that the exporter makes. */
  readonly sent: SentRequests;
  /** Called if a call succeeds after its time limit: its spans have arrived. */
  readonly onLateSuccess: () => void;
}

const SUCCESS = 0;

/** Hands spans to the exporter; resolves with the error if it failed, threw or did not answer in time. Never rejects. */
export function callExporter(spans: ReadableSpan[], call: ExportCall): Promise<Error | undefined> {
  return new Promise((resolve) => {
    let cancelled = false;
    const cancel = call.timing.after(call.timeoutMs, () => {
      cancelled = true;
      call.sent.end();
      resolve(new Error(`no answer within ${call.timeoutMs} ms`));
    });
    const answer = (error: Error | undefined): void => {
      if (cancelled) {
        if (error === undefined) call.onLateSuccess();
        return;
      }
      cancel();
      call.sent.end();
      resolve(error);
    };
    const failed = (error: unknown): void =>
      answer(error instanceof Error ? error : new Error(String(error)));
    try {
      const returned: unknown = context.with(call.sent.within(suppressTracing(context.active())), () =>
        call.exporter.export(spans, (result) => {
          if (result?.code === SUCCESS) answer(undefined);
          else failed(result?.error ?? "the exporter gave no reason");
        }),
      );
      // An exporter that is an async function rejects instead of throwing.
      if (returned instanceof Promise) returned.catch(failed);
    } catch (error) {
      failed(error);
    }
  });
}

/** Waits for resource attributes that are not known yet: detectors of cloud hosts ask the network. */
export async function awaitResources(
  spans: readonly ReadableSpan[],
  timing: Timing,
  timeoutMs: number,
): Promise<void> {
  const pending = new Set<ReadableSpan["resource"]>();
  for (const { resource } of spans) if (resource.asyncAttributesPending) pending.add(resource);
  const known = Promise.allSettled(Array.from(pending, (resource) => resource.waitForAsyncAttributes?.()));
  await within(timing, timeoutMs, known);
}
