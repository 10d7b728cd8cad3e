// Runs the command `render`: reads spans or header values, prints stack traces.
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { InputError } from "./input/input-error.ts";
import { readInput } from "./input/read-input.ts";
import { type Output, type PrintOptions, TracePrinter } from "./print/trace-printer.ts";
import { type StoredTrace, TraceStore } from "./trace-store.ts";

/** The options of the command. */
export interface RenderOptions extends PrintOptions {
  /** Print the oldest trace when a limit of spans is reached, instead of keeping all until the end. */
  readonly stream: boolean;
  readonly maxSpans: number;
  readonly exitCode: boolean;
}

/** Where the command reads and writes. */
export interface Terminal extends Output {
  readonly stdin: Readable;
}

/** The message if no tree was found. */
export const NO_TREE = "no error tree: nothing failed in what was read";

/**
 * Renders files in the order given, `-` or none for standard input.
 *
 * @returns the exit code: 0, or 1 if `exitCode` is set and a tree has the verdict `failed`
 * @throws InputError if none of the inputs could be read
 */
export async function render(
  files: readonly string[],
  options: RenderOptions,
  terminal: Terminal,
): Promise<number> {
  const printer = new TracePrinter(options, terminal);
  const bound = { maxSpans: options.maxSpans, onFull: (trace: StoredTrace) => printer.trace(trace) };
  const store = new TraceStore(options.stream ? bound : undefined);
  const names = files.length === 0 ? ["-"] : files;
  const unread: InputError[] = [];
  for (const file of names) {
    const error = await readFile(file, store, terminal);
    if (error !== undefined) unread.push(error);
  }
  const last = unread.pop();
  for (const error of unread) terminal.err(error.message);
  if (last !== undefined && unread.length + 1 === names.length) throw last;
  if (last !== undefined) terminal.err(last.message);
  for (const trace of store.drain()) printer.trace(trace);
  printer.end();
  if (printer.trees === 0) terminal.err(NO_TREE);
  return options.exitCode && printer.failed ? 1 : 0;
}

/** Reads one file. If there are others they are read all the same: says what is wrong with this one, and gives it back. */
async function readFile(
  file: string,
  store: TraceStore,
  terminal: Terminal,
): Promise<InputError | undefined> {
  const input = file === "-" ? terminal.stdin : createReadStream(file);
  const name = file === "-" ? "standard input" : file;
  try {
    const { read, problems } = await readInput(input, name, store);
    for (const problem of problems) terminal.err(`${name}: ${problem}`);
    return read === 0 ? new InputError(`${name}: there are no spans in it`) : undefined;
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}
