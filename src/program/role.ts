// Lets a program say of a call that its failure is not what stops the request.
import { context, type Span, trace } from "@opentelemetry/api";
import { ROLE_ATTRIBUTE, ROLE_KEY, type SpanRole } from "../spans/span-role.ts";
import { setUps } from "./set-ups.ts";
import { isThenable } from "./thenable.ts";

/**
 * Says that the program goes on without the result of a call, so that a failure of it is not what stops the request.
 *
 * ```js
 * const [price, ads] = await Promise.all([getPrice(), optional(() => getAds()).catch(() => [])]);
 * ```
 *
 * A function is best: it means all calls that begin in it, whichever client makes them. For a promise that is already
 * running, only the call is found whose end settled the promise.
 *
 * @returns the result of the function, a promise that settles like the given one, or the given span
 */
export function optional<T>(work: () => T): T;
export function optional<S extends Span>(span: S): S;
export function optional<T>(promise: PromiseLike<T>): Promise<T>;
export function optional(work: unknown): unknown {
  return inRole("optional", work as () => unknown);
}

/**
 * The same for another role: `"compensation"` for calls that undo what was done before a failure, `"report"` for calls that
 * report a failure to somebody.
 *
 * ```js
 * await inRole("compensation", () => releaseHold(order));
 * ```
 *
 * With the span at hand, its attribute `error_tree.role` can be set as well.
 */
export function inRole<T>(role: SpanRole, work: () => T): T;
export function inRole<S extends Span>(role: SpanRole, span: S): S;
export function inRole<T>(role: SpanRole, promise: PromiseLike<T>): Promise<T>;
export function inRole(role: SpanRole, work: unknown): unknown {
  const within = context.active().setValue(ROLE_KEY, role);
  if (typeof work === "function") return context.with(within, work as () => unknown);
  if (isSpan(work)) return work.setAttribute(ROLE_ATTRIBUTE, role);
  if (!isThenable(work)) return work;
  const settled = watch(role);
  // Some clients send nothing until somebody awaits them.
  return context.with(within, () =>
    work.then(
      (value) => {
        settled();
        return value;
      },
      (error) => {
        settled();
        throw error;
      },
    ),
  );
}

/** Makes every set-up look for the call that settles a promise; the returned function says that it has settled. Never throws. */
function watch(role: SpanRole): () => void {
  const spanId = trace.getSpan(context.active())?.spanContext().spanId;
  if (spanId === undefined) return () => {};
  const watches: ((role: SpanRole) => void)[] = [];
  for (const setUp of setUps()) {
    try {
      const found = setUp.watchCalls(spanId);
      if (found !== undefined) watches.push(found);
    } catch {
      // A set-up of another version, which has no such function.
    }
  }
  return () => {
    for (const found of watches) {
      try {
        found(role);
      } catch {
        // As above.
      }
    }
  };
}

function isSpan(value: unknown): value is Span {
  const { setAttribute, spanContext } = (value ?? {}) as Partial<Span>;
  return typeof setAttribute === "function" && typeof spanContext === "function";
}
