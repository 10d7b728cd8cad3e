// Records what happens to the calls of a request, as the client side of a transport reports it (`ClientHooks`).
import type { Clock } from "../clock.ts";
import type { CancelledCall, ResponseBody } from "../exchange.ts";
import type { Health } from "../health/health.ts";
import type { Code } from "../spans/code.ts";
import { connectFacts } from "../spans/connect-error.ts";
import { errorFacts } from "../spans/error-facts.ts";
import { nameText } from "../spans/name-text.ts";
import { CLIENT } from "../spans/otel.ts";
import type { Answer } from "../wire/messages.ts";
import { failureOfCancelled } from "./cancelled-call.ts";
import type { KeptEntry } from "./fragment-spans.ts";
import type { FragmentTable } from "./fragment-table.ts";
import type { Failure, SpanEntry } from "./span-entry.ts";
import { recount } from "./unkept-calls.ts";

/**
 * Takes the answer out of the trailers of a body, which came on the call with this client span; `undefined` if there is no
 * valid one. Never throws.
 */
export type TrailerReader = (body: ResponseBody, spanId: string, operation: string) => Answer | undefined;

/** How this process cancelled a body that broke off; `undefined` if the peer or the network ended it. Never throws. */
export type CancelReader = (body: ResponseBody) => CancelledCall | undefined;

/** What the calls need of the others. */
export interface CallParts {
  readonly table: FragmentTable;
  readonly health: Health;
  readonly clock: Clock;
  readonly readTrailers: TrailerReader;
  readonly readCancelled: CancelReader;
}

const RECORDED_TWICE =
  "each call of undici or fetch has two spans, because it is instrumented twice. Register one UndiciInstrumentation";

/** The calls in flight, each known by its client span's id. */
export class Calls {
  readonly #parts: CallParts;

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  operationOf(spanId: string): string | undefined {
    const call = this.#parts.table.call(spanId);
    return call && nameText(call.span.name);
  }

  responded(
    spanId: string,
    status: number,
    answer: Answer | "unasked" | undefined,
    body: ResponseBody | undefined,
  ): void {
    const { table, clock } = this.#parts;
    const entry = table.call(spanId);
    if (entry === undefined) return;
    const { fragment } = entry;
    fragment.callResponded(entry, status, table.tick(), body);
    if (answer === "unasked") fragment.spanNoted(entry, answer);
    else if (answer !== undefined) this.#countTrimmed(fragment.callAnswered(entry, answer));
    recount(entry, clock);
  }

  amended(spanId: string, answer: Answer): void {
    const { table, clock } = this.#parts;
    const entry = table.call(spanId);
    if (entry === undefined) return;
    this.#countTrimmed(entry.fragment.callAmended(entry, answer));
    recount(entry, clock);
  }

  broke(spanId: string, error: unknown, cancelled?: CancelledCall): void {
    const { table, clock } = this.#parts;
    const entry = table.call(spanId);
    // A call that nothing instruments is known by its `traceparent` alone, which may name the step around it. That may go well.
    if (entry?.span.kind !== CLIENT || entry.broke !== undefined) return;
    const facts = errorFacts(error);
    const code = codeOfConnect(error);
    const failure =
      cancelled === undefined || code !== undefined
        ? { ...facts, code }
        : failureOfCancelled(facts, cancelled, clock.monotonic() - entry.began);
    entry.fragment.callBroke(entry, cancelled?.unexplained ? { ...failure, unexplained: true } : failure);
    recount(entry, clock);
  }

  failed(spanId: string, failure: Omit<Failure, "stack">): void {
    const { table, clock } = this.#parts;
    const entry = table.call(spanId);
    if (entry === undefined || entry.broke !== undefined) return;
    entry.fragment.callBroke(entry, { ...failure, stack: undefined });
    recount(entry, clock);
  }

  repeated(spanId: string): boolean {
    const { table, clock } = this.#parts;
    const entry = table.call(spanId);
    if (entry === undefined || entry.end !== Number.POSITIVE_INFINITY) return false;
    entry.fragment.callRepeated(entry);
    recount(entry, clock);
    return true;
  }

  recordedTwice(otherId: string, spanId: string): void {
    const { table, health } = this.#parts;
    const other = table.entry(otherId);
    // A client library's own span around its transport's span has another parent, and is no duplicate.
    if (other === undefined || other.parent !== table.entry(spanId)?.parent) return;
    other.fragment.spanNoted(other, "twin");
    // If it is head-sampled, the SDK exports it: the attribute marks it in the backend, too.
    other.span.setAttribute("error_tree.twin", true);
    health.warn("ERROR_TREE_INSTRUMENTED_TWICE", RECORDED_TWICE);
  }

  /** A client span ends: looks at how its response's body ended, and reads the trailers. */
  bodyEnded(entry: SpanEntry): void {
    const { body } = entry;
    if (body === undefined) return;
    const { errored, rawTrailers } = body;
    if (errored) this.broke(entry.spanId, errored, this.#parts.readCancelled(body));
    if (rawTrailers.length === 0) return;
    const answer = this.#parts.readTrailers(body, entry.spanId, nameText(entry.span.name));
    if (answer !== undefined) this.#countTrimmed(entry.fragment.callAmended(entry, answer));
  }

  /** The span of a call that is not kept ends: the number of its nodes is final. */
  unkeptEnded(entry: KeptEntry): void {
    const { table, clock } = this.#parts;
    entry.fragment.unkeptEnded(entry, table.tick());
    this.bodyEnded(entry);
    recount(entry, clock);
    table.forgetUnkept(entry);
  }

  #countTrimmed(nodes: number): void {
    if (nodes > 0) this.#parts.health.count("nodes_trimmed", nodes);
  }
}

/** The client of Connect ends an HTTP request with the error that it gives to the program. One with a cause is recognised by that. */
function codeOfConnect(error: unknown): Code | undefined {
  try {
    return (error as Partial<Error> | undefined)?.cause instanceof Error
      ? undefined
      : connectFacts(error)?.code;
  } catch {
    return undefined;
  }
}
