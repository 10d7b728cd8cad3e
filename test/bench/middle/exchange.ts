// As much HTTP/1.1 as load generator and leaf need, on the bare socket: they must be faster than what is measured.

const HEAD_END = "\r\n\r\n";
const LENGTH = "\r\ncontent-length: ";

/** Takes whole messages, head and body, off what a socket gives; bodies need a `content-length`. */
export class MessageReader {
  #text = "";

  /** The next whole message in what came so far together with `chunk` (latin1), or `undefined`. */
  read(chunk: string): string | undefined {
    this.#text = this.#text === "" ? chunk : this.#text + chunk;
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd < 0) return undefined;
    const end = headEnd + HEAD_END.length + contentLength(this.#text, headEnd);
    if (this.#text.length < end) return undefined;
    const message = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return message;
  }
}

/** Node writes the name of this field as `Content-Length`. */
function contentLength(text: string, headEnd: number): number {
  const at = text.slice(0, headEnd).toLowerCase().indexOf(LENGTH);
  return at < 0 ? 0 : Number.parseInt(text.slice(at + LENGTH.length, headEnd), 10);
}
