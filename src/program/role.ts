// What a program can say of its calls: that the failure of one cannot be what stops the request.
import { context, type Span, trace } from "@opentelemetry/api";
import { registry } from "../registry.ts";
import { ROLE_ATTRIBUTE, ROLE_KEY, type SpanRole } from "../spans/span-role.ts";

/**
 * Says that the program goes on without the result: a failure of these calls is not what stops the request.
 *
 * ```js
 * const [price, ads] = await Promise.all([getPrice(), optional(() => getAds()).catch(() => [])]);
 * ```
 *
 * Give it a function: all calls that begin in it are meant, whatever makes them. Of a promise that is running already
 * only the call is found whose end settled it.
 *
 * @returns what the function returns, a promise that settles like the one given, or the span given
 */
export function optional<T>(work: () => T): T;
export function optional<S extends Span>(span: S): S;
export function optional<T>(promise: PromiseLike<T>): Promise<T>;
export function optional(work: unknown): unknown {
  return inRole("optional", work as () => unknown);
}

/**
 * The same for another role: `"compensation"` for calls that take back what was done before a failure, `"report"` for those
 * that tell somebody of a failure.
 *
 * ```js
 * await inRole("compensation", () => releaseHold(order));
 * ```
 *
 * Whoever has the span at hand can as well set its attribute `error_tree.role`.
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
  // Some clients send nothing before they are waited for.
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

/** Has every set-up look for the call that settles a promise; the returned function is called when it has. Never throws. */
function watch(role: SpanRole): () => void {
  const spanId = trace.getSpan(context.active())?.spanContext().spanId;
  if (spanId === undefined) return () => {};
  const watches: ((role: SpanRole) => void)[] = [];
  for (const setUp of registry().setUps) {
    try {
      const found = setUp.watchCalls(spanId);
      if (found !== undefined) watches.push(found);
    } catch {
      // One of another copy of this package that has no such function.
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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | undefined | null)?.then === "function";
}
