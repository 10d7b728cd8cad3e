// Runs `render --jaeger`: prints traces of a running Jaeger as stack traces.

import { printable } from "../../tree/format.ts";
import { redactText } from "../../tree/redact-node.ts";
import type { ErrorTree } from "../../tree/tree.ts";
import { type ReadTrace, readTrace } from "../backend/read-trace.ts";
import { compareText } from "../compare/compare-text.ts";
import type { CommandEnvironment } from "../environment.ts";
import { InputError } from "../input/input-error.ts";
import { TracePrinter } from "../print/trace-printer.ts";
import { NO_TREE, type RenderOptions } from "../render.ts";
import { readFields, readTraceId, readUrl } from "../target.ts";
import type { StoredTrace } from "../trace-store.ts";
import { follow, lookFor } from "./follow.ts";
import { type FoundTrace, JaegerApi } from "./jaeger-api.ts";
import { newestGood } from "./newest-good.ts";

/** The options of the command, besides those about printing. */
export interface JaegerOptions {
  /** The query service's URL. */
  readonly jaeger: string;
  readonly trace: string | undefined;
  readonly service: string | undefined;
  readonly last: number | undefined;
  readonly follow: boolean;
  /** Seconds from one search to the next. */
  readonly interval: number;
  /** Id of the trace to compare with; true: the newest one that succeeded. */
  readonly compare: string | true | undefined;
  /** Fields, each `Name: value`. */
  readonly header: readonly string[];
  /** Time limit of one request, in seconds. */
  readonly timeout: number;
}

/** Most services that are named in an error about an unknown one. */
const MOST_NAMED = 20;
/** How far back traces are searched for, as by Jaeger's own default. */
const WINDOW_MS = 48 * 60 * 60_000;

/**
 * Prints one trace, the last failing ones of a service, those that come, or two side by side.
 *
 * @returns the exit code: 0, or 1 if `exitCode` is set and a tree has the verdict `failed`
 * @throws InputError if an option is wrong, or Jaeger does not answer
 */
export async function renderJaeger(
  options: RenderOptions & JaegerOptions,
  environment: CommandEnvironment,
  now: () => number = Date.now,
): Promise<number> {
  const wish = readWish(options);
  const target = {
    url: readUrl(options.jaeger, "http://localhost:16686"),
    fields: readFields(options.header),
    timeoutMs: options.timeout * 1000,
    signal: (options.follow ? environment.interrupted?.() : undefined) ?? new AbortController().signal,
  };
  const run = new Run(new JaegerApi(target), options, environment, now);
  try {
    if ("traceId" in wish) await run.trace(wish.traceId, wish.beside);
    else await run.failing(wish.service, target.signal);
  } catch (error) {
    if (!target.signal.aborted) throw error;
  }
  run.end();
  return options.exitCode && run.failed ? 1 : 0;
}

type Wish =
  | { readonly traceId: string; readonly beside: string | true | undefined }
  | { readonly service: string };

/** What the options ask for; throws an {@link InputError} if that is not clear. */
function readWish({
  trace,
  service,
  last,
  follow,
  compare,
  format,
  everySpan,
}: RenderOptions & JaegerOptions): Wish {
  if ((trace === undefined) === (service === undefined)) {
    throw new InputError("--jaeger needs --trace ID, or --service NAME with --last COUNT or --follow");
  }
  if (trace !== undefined) {
    if (last !== undefined || follow) throw new InputError("--last and --follow need --service, not --trace");
    if (compare !== undefined && (format !== "text" || everySpan)) {
      throw new InputError("--compare prints text of merged trees: leave out --format and --every-span");
    }
    return {
      traceId: readTraceId(trace),
      beside: compare === undefined || compare === true ? compare : readTraceId(compare),
    };
  }
  if (compare !== undefined) throw new InputError("--compare needs --trace ID");
  if (last === undefined && !follow) throw new InputError("--service needs --last COUNT or --follow");
  return { service: service as string };
}

/** One run of the command. */
class Run {
  readonly #jaeger: JaegerApi;
  readonly #options: RenderOptions & JaegerOptions;
  readonly #environment: CommandEnvironment;
  readonly #now: () => number;
  readonly #printer: TracePrinter;

  constructor(
    jaeger: JaegerApi,
    options: RenderOptions & JaegerOptions,
    environment: CommandEnvironment,
    now: () => number,
  ) {
    this.#jaeger = jaeger;
    this.#options = options;
    this.#environment = environment;
    this.#now = now;
    this.#printer = new TracePrinter({ ...options, redact: true }, environment);
  }

  /** A tree with the verdict `failed` was printed. */
  get failed(): boolean {
    return this.#printer.failed;
  }

  end(): void {
    this.#printer.end();
  }

  /** Prints one trace, or compares its trees with another trace. */
  async trace(traceId: string, beside: string | true | undefined): Promise<void> {
    const read = await this.#expect(traceId);
    if (beside === undefined) this.#printer.trace(read.trace);
    else await this.#compare(read, beside);
    if (this.#printer.trees === 0) this.#environment.err(NO_TREE);
  }

  /** Prints the last failing traces of a service, then new ones, as far as the options ask for each. */
  async failing(service: string, signal: AbortSignal): Promise<void> {
    const { last = 0, follow: isFollowing, interval } = this.#options;
    const jaeger = this.#jaeger;
    const now = this.#now;
    // In this order: the second step finds what fails during the first.
    const known = isFollowing ? await lookFor({ jaeger, service, now }) : [];
    const newest = last === 0 ? [] : await this.#last(service, last);
    for (const { traceId } of newest) await this.#print(traceId);
    if (isFollowing) {
      const seen = new Set([...known, ...newest].map(({ traceId }) => traceId));
      const intervalMs = interval * 1000;
      const print = (traceId: string): Promise<void> => this.#print(traceId);
      const say = (text: string): void => this.#environment.err(text);
      await follow({ jaeger, service, intervalMs, signal, now, print, say }, seen);
    } else if (newest.length === 0) {
      this.#environment.err(await this.#nothingOf(service));
    }
  }

  async #last(service: string, count: number): Promise<FoundTrace[]> {
    // Jaeger returns about the newest: a few more than wanted include the newest.
    const found = await this.#jaeger.failing(service, 4 * count + 20, this.#now() - WINDOW_MS);
    return found.slice(-count);
  }

  /** A trace that was found may be gone by now: a backend keeps a bounded number. */
  async #print(traceId: string): Promise<void> {
    const read = await readTrace(this.#jaeger, traceId);
    if (read !== undefined) this.#printer.trace(read.trace);
  }

  async #compare({ trace, spanNames }: ReadTrace, beside: string | true): Promise<void> {
    const given = beside === true ? undefined : await this.#expect(beside);
    const trees = this.#printer.treesOf(trace);
    for (const tree of trees) {
      const other = given?.trace ?? (await this.#newestGood(trace, tree, spanNames));
      const why = given === undefined ? "the newest that did not fail" : "as asked for";
      if (other === undefined) this.#printer.tree(tree, trace);
      else this.#printer.tree(tree, trace, compareText({ tree, trace, other, why }, this.#options));
    }
  }

  async #newestGood(
    { records }: StoredTrace,
    { root: { spanId } }: ErrorTree,
    spanNames: ReadTrace["spanNames"],
  ): Promise<StoredTrace | undefined> {
    const record = records.find((one) => one.spanId === spanId);
    if (record === undefined) return undefined;
    const { service, operation } = record;
    const root = { service, operation, spanName: spanNames.get(record.spanId) ?? operation };
    const now = this.#now();
    const good = await newestGood(this.#jaeger, root, now - WINDOW_MS, now);
    if (good === undefined) {
      const what = printable(`${service} ${redactText(operation)}`);
      this.#environment.err(
        `${this.#jaeger.name} has no good trace of ${what}: there are some if the head sampler takes some, or with goodTraceIntervalMs`,
      );
    }
    return good;
  }

  /** Says that no failing trace was found, and whether the name of the service is known. */
  async #nothingOf(service: string): Promise<string> {
    const services = await this.#jaeger.services();
    const known = services.sort().slice(0, MOST_NAMED).join(", ");
    const why = services.includes(service)
      ? " of the last 48 hours"
      : services.length === 0
        ? ", nor of any other service"
        : `, but knows ${known}${services.length > MOST_NAMED ? " and more" : ""}`;
    return printable(`${this.#jaeger.name} has no failing trace of ${service}${why}`);
  }

  async #expect(traceId: string): Promise<ReadTrace> {
    const read = await readTrace(this.#jaeger, traceId);
    if (read !== undefined) return read;
    throw new InputError(`${this.#jaeger.name} has no trace ${traceId}`);
  }
}
