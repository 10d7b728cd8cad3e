// The command `render`: spans or header values in, stack traces out.
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { createAnswerCodec } from "../codec/answer.ts";
import { buildTrees } from "../model/build.ts";
import { buildEverySpan } from "../model/every-span.ts";
import type { ErrorTree } from "../model/tree.ts";
import { verdictOf } from "../model/tree.ts";
import { answersBeyond } from "./answers.ts";
import { readInput } from "./input/read-input.ts";
import { deepStringify, soundTraceToJson, treeToJson } from "./print/tree-json.ts";
import { soundTraceToText, treeToText } from "./print/tree-text.ts";
import { type StoredTrace, TraceStore } from "./trace-store.ts";

/** What the command is told. */
export interface RenderOptions {
  readonly format: "text" | "json" | "ndjson" | "header";
  readonly all: boolean;
  readonly everySpan: boolean;
  /** Largest header value printed, in bytes. */
  readonly budget: number;
  /** Print the oldest trace when a bound on spans is reached, instead of holding all to the end. */
  readonly stream: boolean;
  readonly maxSpans: number;
  readonly exitCode: boolean;
  readonly colour: boolean;
  readonly width: number;
}

/** Where the command reads and writes. */
export interface Terminal {
  readonly stdin: Readable;
  out(text: string): void;
  err(text: string): void;
}

/**
 * Renders files in the order given, `-` or none for standard input.
 *
 * @returns the exit code: 0, or 1 where `exitCode` is set and a tree has the verdict `failed`
 * @throws InputError where an input is nothing that we read
 */
export async function render(
  files: readonly string[],
  options: RenderOptions,
  terminal: Terminal,
): Promise<number> {
  const printer = new Printer(options, terminal);
  const bound = { maxSpans: options.maxSpans, onFull: (trace: StoredTrace) => printer.trace(trace) };
  const store = new TraceStore(options.stream ? bound : undefined);
  for (const file of files.length === 0 ? ["-"] : files) {
    const input = file === "-" ? terminal.stdin : createReadStream(file);
    const name = file === "-" ? "standard input" : file;
    const { skippedLines } = await readInput(input, name, store);
    if (skippedLines > 0) terminal.err(`${name}: skipped ${skippedLines} lines that are no whole document`);
  }
  for (const trace of store.drain()) printer.trace(trace);
  printer.end();
  return options.exitCode && printer.failed ? 1 : 0;
}

/** Prints traces one by one. */
class Printer {
  readonly #options: RenderOptions;
  readonly #terminal: Terminal;
  readonly #codec = createAnswerCodec();
  #printed = 0;
  #trees = 0;
  failed = false;

  constructor(options: RenderOptions, terminal: Terminal) {
    this.#options = options;
    this.#terminal = terminal;
  }

  trace(trace: StoredTrace): void {
    const trees = this.#treesOf(trace);
    for (const tree of trees) {
      this.#trees++;
      if (verdictOf(tree.root) === "failed") this.failed = true;
      this.#tree(tree, trace);
    }
    if (trees.length === 0 && this.#options.all) this.#sound(trace);
  }

  end(): void {
    if (this.#options.format === "json") this.#terminal.out(this.#printed === 0 ? "[]" : "\n]");
    if (this.#trees === 0) this.#terminal.err("no error tree: nothing failed in what was read");
  }

  #treesOf({ traceId, records, tree, answers = [] }: StoredTrace): ErrorTree[] {
    if (tree !== undefined) return [tree];
    const onCycle = (spanId: string): void => {
      this.#terminal.err(`trace ${traceId}: its parents form a cycle, cut at the span ${spanId}`);
    };
    // Nothing is merged with every span: an answer is a tree of its own.
    if (this.#options.everySpan) return [...buildEverySpan(records, { traceId, onCycle }), ...answers];
    const beyond = answersBeyond(answers, records);
    if (beyond.length === 0) return buildTrees(records, { traceId, onCycle });
    const byId = new Map(beyond.map((answer) => [answer.parentSpanId ?? "", answer]));
    return buildTrees(records, { traceId, onCycle, answers: byId });
  }

  #tree(tree: ErrorTree, trace: StoredTrace): void {
    const { format, colour, width, budget } = this.#options;
    switch (format) {
      case "json":
      case "ndjson":
        this.#json(treeToJson(tree, trace.incomplete));
        break;
      case "header":
        this.#terminal.out(this.#header(tree, budget));
        break;
      case "text": {
        const durations = new Map(
          trace.records.map(({ spanId, start, end }) => [spanId, (end - start) / 1000]),
        );
        const durationOf = (spanId: string): number | undefined => durations.get(spanId);
        const text = treeToText(tree, { colour, width, durationOf, incomplete: trace.incomplete });
        this.#terminal.out(this.#printed === 0 ? text : `\n${text}`);
        break;
      }
      default:
        format satisfies never;
    }
    this.#printed++;
  }

  #sound({ traceId, incomplete }: StoredTrace): void {
    const { format } = this.#options;
    if (format === "header") return;
    if (format === "text") this.#terminal.out(soundTraceToText(traceId));
    else this.#json(soundTraceToJson(traceId, incomplete));
    this.#printed++;
  }

  #json(value: Record<string, unknown>): void {
    const text = deepStringify(value);
    if (this.#options.format === "ndjson") this.#terminal.out(text);
    else this.#terminal.out(`${this.#printed === 0 ? "[" : ","}\n${text}`);
  }

  #header(tree: ErrorTree, budget: number): string {
    const { service, code, exported } = tree.root;
    const outcome = { service, code, exported: exported ?? false, tree };
    const room = { treeBytes: budget, minimalBytes: budget };
    const encoded = this.#codec.encode(outcome, { json: false }, room);
    if (encoded !== undefined) return encoded.value;
    this.#terminal.err(`trace ${tree.traceId}: not even the outcome fits into ${budget} bytes`);
    return "";
  }
}
