// Runs `render --tempo`: prints traces of a running Tempo as stack traces.
import { printable } from "../../tree/format.ts";
import { readTrace } from "../backend/read-trace.ts";
import type { CommandEnvironment } from "../environment.ts";
import { InputError } from "../input/input-error.ts";
import { TracePrinter } from "../print/trace-printer.ts";
import { NO_TREE, type RenderOptions } from "../render.ts";
import { readFields, readTraceId, readUrl } from "../target.ts";
import { TempoApi } from "./tempo-api.ts";

/** The options of the command, besides those about printing. */
export interface TempoOptions {
  /** The API's URL. */
  readonly tempo: string;
  readonly trace: string | undefined;
  readonly service: string | undefined;
  readonly last: number | undefined;
  /** Fields, each `Name: value`. */
  readonly header: readonly string[];
  /** Time limit of one request, in seconds. */
  readonly timeout: number;
}

/** How far back traces are searched for, as in a Jaeger. */
const WINDOW_MS = 48 * 60 * 60_000;

/**
 * Prints one trace, or the last failing ones of a service.
 *
 * @returns the exit code: 0, or 1 if `exitCode` is set and a tree has the verdict `failed`
 * @throws InputError if an option is wrong, or Tempo does not answer
 */
export async function renderTempo(
  options: RenderOptions & TempoOptions,
  environment: CommandEnvironment,
  now: () => number = Date.now,
): Promise<number> {
  const { trace, service, last } = options;
  if ((trace === undefined) === (service === undefined) || (service === undefined) !== (last === undefined)) {
    throw new InputError("--tempo needs --trace ID, or --service NAME with --last COUNT");
  }
  const tempo = new TempoApi({
    url: readUrl(options.tempo, "http://localhost:3200"),
    fields: readFields(options.header),
    timeoutMs: options.timeout * 1000,
    signal: new AbortController().signal,
  });
  const printer = new TracePrinter({ ...options, redact: true }, environment);
  if (trace !== undefined) {
    const traceId = readTraceId(trace);
    const read = await readTrace(tempo, traceId);
    if (read === undefined) throw new InputError(`${tempo.name} has no trace ${traceId}`);
    printer.trace(read.trace);
    if (printer.trees === 0) environment.err(NO_TREE);
  } else {
    const found = await tempo.failing(service ?? "", last ?? 0, now() - WINDOW_MS, now());
    if (found.length === 0) {
      environment.err(printable(`${tempo.name} has no failing trace of ${service} of the last 48 hours`));
    }
    for (const traceId of found) {
      const read = await readTrace(tempo, traceId);
      if (read !== undefined) printer.trace(read.trace);
    }
  }
  printer.end();
  return options.exitCode && printer.failed ? 1 : 0;
}
