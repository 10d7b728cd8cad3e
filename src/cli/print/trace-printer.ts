// Prints traces one by one, in the format that was asked for.

import { printable } from "../../tree/format.ts";
import { type ErrorTree, type Verdict, verdictOf } from "../../tree/tree.ts";
import { createAnswerCodec } from "../../wire/answer-codec.ts";
import { clockSkews } from "../clock-skew.ts";
import type { MissingParents } from "../missing-parents.ts";
import { shownSpanId } from "../shared-ids.ts";
import type { StoredTrace } from "../trace-store.ts";
import { treesOf } from "../trees.ts";
import { type Kind, Kinds, timesText } from "./kinds.ts";
import { Notes } from "./notes.ts";
import { type PictureFiles, Pictures } from "./pictures.ts";
import { Summary } from "./summary.ts";
import { timesOf } from "./times.ts";
import { deepStringify, soundTraceToJson, treeToJson } from "./tree-json.ts";
import { durationsOf, soundTraceToText, treeToText } from "./tree-text.ts";

/** What is printed of a trace, and how. */
export interface PrintOptions extends PictureFiles {
  readonly format: "text" | "json" | "ndjson" | "header";
  /** Print traces in which nothing failed, too. */
  readonly all: boolean;
  /** As text, print each tree as it comes, instead of one of each kind with a count at the end. @default true */
  readonly each?: boolean;
  /** Print trees with this verdict alone. */
  readonly only?: Exclude<Verdict, "ok"> | undefined;
  readonly everySpan: boolean;
  /** Say for each node which principle decided about it. */
  readonly explain: boolean;
  /** Redact the texts of spans, as a service does. @default false */
  readonly redact?: boolean;
  /** Largest header value printed, in bytes. */
  readonly budget: number;
  readonly colour: boolean;
  readonly width: number;
}

/** Takes the output, one or more lines at a time. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** A printer, to be closed by {@link TracePrinter.end}. */
export class TracePrinter {
  readonly #options: PrintOptions;
  readonly #output: Output;
  readonly #codec = createAnswerCodec();
  readonly #notes: Notes;
  readonly #pictures: Pictures;
  readonly #kinds: Kinds | undefined;
  /** What is printed at the end, if one of each kind is: kinds and lines about traces in which nothing failed. */
  readonly #held: (Kind | string)[] = [];
  readonly #summary = new Summary();
  #printed = 0;
  /** Trees that were found, whether or not `only` leaves them out. */
  trees = 0;
  /** True if one of them has the verdict `failed`. */
  failed = false;

  constructor(options: PrintOptions, output: Output) {
    this.#options = options;
    this.#output = output;
    this.#notes = new Notes((text) => output.err(text));
    this.#pictures = new Pictures(options);
    this.#kinds = options.format === "text" && options.each === false ? new Kinds() : undefined;
  }

  trace(trace: StoredTrace): void {
    const trees = this.treesOf(trace);
    this.#summary.add(trees);
    for (const tree of trees) this.tree(tree, trace);
    if (trees.length === 0 && this.#options.all) this.#sound(trace);
  }

  /** The trees that {@link trace} prints. */
  treesOf(trace: StoredTrace): ErrorTree[] {
    const { everySpan, redact = false } = this.#options;
    const cuts: string[] = [];
    const onMissing = (missing: MissingParents): void => {
      for (const [id, { length }] of missing) this.#notes.missingParent(trace.traceId, id, length);
    };
    const trees = treesOf(trace, { everySpan, redact, onCycle: (spanId) => cuts.push(spanId), onMissing });
    if (trees.length > 0) for (const skew of clockSkews(trace)) this.#notes.skew(trace.traceId, skew);
    const [first] = cuts;
    if (first !== undefined) {
      const more = cuts.length === 1 ? "" : `, and ${cuts.length - 1} more`;
      this.#say(trace, `its parents form a cycle, cut at the span ${shownSpanId(first)}${more}`);
    }
    return trees;
  }

  /** @param text - what stands in place of the tree alone, with the format `text` */
  tree(tree: ErrorTree, trace: StoredTrace, text?: string): void {
    const verdict = verdictOf(tree.root);
    const { only = verdict } = this.#options;
    this.trees++;
    if (verdict === "failed") this.failed = true;
    if (only !== verdict) this.#summary.leftOut++;
    else if (this.#kinds === undefined) this.#print(tree, trace, text);
    else this.#held.push(...this.#kinds.add(tree, trace));
  }

  /** @throws InputError if a file of `html` or `svg` cannot be written */
  end(): void {
    for (const held of this.#held) {
      if (typeof held === "string") this.#text(held);
      else this.#print(held.tree, held.trace, undefined, timesText(held));
    }
    const { format, only } = this.#options;
    const summary = format === "text" ? this.#summary.text(this.#kinds?.size) : undefined;
    if (summary !== undefined) this.#text(summary);
    this.#notes.end();
    if (format === "json") this.#output.out(this.#printed === 0 ? "[]" : "\n]");
    const { leftOut } = this.#summary;
    if (leftOut > 0) {
      this.#output.err(`--only ${only} leaves out ${leftOut} ${leftOut === 1 ? "tree" : "trees"}`);
    }
    this.#pictures.end((text) => this.#output.err(printable(text)));
  }

  #print(tree: ErrorTree, trace: StoredTrace, text?: string, note?: string): void {
    const { format, budget, explain } = this.#options;
    this.#pictures.add({ tree, timeOf: timesOf(trace), ...(note === undefined ? undefined : { note }) });
    switch (format) {
      case "json":
      case "ndjson":
        this.#json(treeToJson(tree, trace.incomplete, explain));
        break;
      case "header":
        this.#output.out(this.#header(tree, budget));
        break;
      case "text":
        this.#text(text ?? this.#treeText(tree, trace, note));
        break;
      default:
        format satisfies never;
    }
    this.#printed++;
  }

  #treeText(tree: ErrorTree, trace: StoredTrace, note: string | undefined): string {
    const { colour, width, explain } = this.#options;
    const { incomplete } = trace;
    return treeToText(tree, { colour, width, explain, durationOf: durationsOf(trace), incomplete, note });
  }

  #sound({ traceId, incomplete }: StoredTrace): void {
    const { format } = this.#options;
    if (format === "header") return;
    if (this.#kinds !== undefined) {
      this.#held.push(soundTraceToText(traceId));
      return;
    }
    if (format === "text") this.#text(soundTraceToText(traceId));
    else this.#json(soundTraceToJson(traceId, incomplete));
    this.#printed++;
  }

  #text(text: string): void {
    this.#output.out(this.#printed === 0 ? text : `\n${text}`);
  }

  #json(value: Record<string, unknown>): void {
    const text = deepStringify(value);
    if (this.#options.format === "ndjson") this.#output.out(text);
    else this.#output.out(`${this.#printed === 0 ? "[" : ","}\n${text}`);
  }

  #header(tree: ErrorTree, budget: number): string {
    const { service, code, exported } = tree.root;
    const outcome = { service, code, exported: exported ?? false, tree };
    const room = { treeBytes: budget, minimalBytes: budget };
    const encoded = this.#codec.encode(outcome, { json: false }, room);
    if (encoded !== undefined) return encoded.value;
    this.#say(tree, `not even the outcome fits into ${budget} bytes`);
    return "";
  }

  #say({ traceId }: { readonly traceId: string }, problem: string): void {
    this.#output.err(printable(`trace ${traceId}: ${problem}`));
  }
}
