// Reads server-sent events out of the pieces of a stream.

/** One event. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/** Characters of an event: a picture of a thousand edges has half a million. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/**
 * Reads pieces as they come, wherever they are cut. A line ends by CR, LF or both, as the standard has it.
 *
 * Source: WHATWG HTML, 9.2.6 "Interpreting an event stream". `id` and `retry` are ignored.
 */
export class EventStreamReader {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #length = 0;
  /** A piece ended in CR: if the next one begins with LF, that belongs to the same end of line. */
  #afterCr = false;

  /**
   * The events that this piece completes.
   *
   * @throws RangeError if an event is longer than any of ours
   */
  read(piece: string): StreamEvent[] {
    let text = piece;
    if (this.#afterCr && text.startsWith("\n")) text = text.slice(1);
    if (piece !== "") this.#afterCr = piece.endsWith("\r");
    const lines = `${this.#rest}${text}`.split(/\r\n|\n|\r/);
    this.#rest = lines.pop() as string;
    if (this.#rest.length + this.#length > MOST_CHARACTERS) throw new RangeError("The event does not end.");
    const events: StreamEvent[] = [];
    for (const line of lines) {
      if (line === "") this.#finish(events);
      else this.#take(line);
    }
    return events;
  }

  #take(line: string): void {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    if (field !== "data") return;
    this.#length += value.length;
    this.#data.push(value);
  }

  #finish(events: StreamEvent[]): void {
    if (this.#data.length > 0) {
      events.push({ event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n") });
    }
    this.#event = "";
    this.#data = [];
    this.#length = 0;
  }
}
