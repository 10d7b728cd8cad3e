// Counts what was read of an input and what could not be.
import type { SpanFacts } from "../../spans/span-record.ts";
import type { ErrorTree } from "../../tree/tree.ts";
import type { InputSink } from "./span-sink.ts";

/** What was found in one input so far. */
export class Findings implements InputSink {
  readonly #sink: InputSink;
  /** Spans and trees that were read. */
  read = 0;
  /** Trees of header values among them. */
  headers = 0;
  /** Documents of a kind that is read, with spans or without. */
  known = 0;
  /** Spans that could not be read. */
  unread = 0;
  /** Lines or documents that could not be read. */
  skipped = 0;
  /** Lines that do not look like documents. */
  skippedText = 0;
  /** Whole documents of no kind that is known. */
  foreign = 0;
  /** Documents stand behind the prefix of a log, whose other lines may be any text. */
  isLog = false;
  /** Documents that were cut off: only spans that are complete were read. */
  cut = 0;
  /** How many documents of each refused kind there were, with what to do instead. */
  readonly refused: Map<string, number> = new Map<string, number>();
  /** What a backend said in place of an answer. */
  said: string | undefined;

  constructor(sink: InputSink) {
    this.#sink = sink;
  }

  span(traceId: string, span: SpanFacts): void {
    this.read++;
    this.#sink.span(traceId, span);
  }

  tree(tree: ErrorTree | undefined): void {
    this.read++;
    this.headers++;
    this.#sink.tree(tree);
  }

  refuse(what: string, instead: string): void {
    const kind = `${what}: ${instead}`;
    this.refused.set(kind, (this.refused.get(kind) ?? 0) + 1);
  }

  /** One line for each kind of thing that could not be read. */
  problems(): string[] {
    const lines: string[] = [];
    // Around a header value any text is allowed.
    const skipped = this.headers > 0 ? 0 : this.skipped + (this.isLog ? 0 : this.skippedText);
    if (skipped > 0) lines.push(`skipped ${skipped} lines that are no whole document`);
    let foreign = this.isLog || this.headers > 0 ? 0 : this.foreign;
    for (const count of this.refused.values()) foreign -= count;
    if (foreign > 0) lines.push(`skipped ${counted(foreign, "document", "documents")} without spans`);
    if (this.cut > 0)
      lines.push(
        `${counted(this.cut, "document is", "documents are")} cut off: only the whole spans were read`,
      );
    if (this.unread > 0)
      lines.push(`skipped ${counted(this.unread, "span", "spans")} without ids, or broken`);
    for (const [kind, count] of this.refused) lines.push(`skipped ${count} × ${kind}`);
    return lines;
  }
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
