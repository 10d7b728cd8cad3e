// Cuts the text of an answer into the elements of its `data.result` and the rest, without ever holding or parsing all of it.

/** An element has some hundred samples: what is longer is no series. In characters. */
const LONGEST_ELEMENT = 1024 * 1024;
const LONGEST_REST = 256 * 1024;
const KEY = "result";

const [QUOTE, ESCAPE, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 91, 93, 123, 125];
/** Depth of `{"data": {` and of the elements in `{"data": {"result": [`. */
const [IN_DATA, IN_RESULT] = [2, 3];

/** Where a stretch of the text belongs. Between two elements is nothing that matters. */
type Place = "rest" | "element" | "between";

/** Takes JSON in parts of any length. What is no JSON gives elements or a rest that cannot be parsed. */
export class ResultSplitter {
  readonly #onElement: (text: string) => void;
  #place: Place = "rest";
  #element: string[] = [];
  #elementLength = 0;
  #rest: string[] = [];
  #restLength = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** The beginning of the last text that stands directly in `data`. */
  #key = "";

  constructor(onElement: (text: string) => void) {
    this.#onElement = onElement;
  }

  /** @throws TypeError if a part of the answer is far too long */
  push(text: string): void {
    let from = 0;
    for (let i = 0; i < text.length; i++) {
      const char = text.charCodeAt(i);
      if (this.#isInString) {
        this.#inString(char);
        continue;
      }
      if (char === QUOTE) {
        this.#isInString = true;
        if (this.#depth === IN_DATA) this.#key = "";
      } else if (char === OPEN_LIST || char === OPEN_OBJECT) {
        if (this.#place === "between") {
          from = this.#go("element", text, from, i);
        } else if (char === OPEN_LIST && this.#depth === IN_DATA && this.#key === KEY) {
          from = this.#go("between", text, from, i + 1);
        }
        this.#depth++;
      } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) {
        this.#depth--;
        if (this.#place === "element" && this.#depth === IN_RESULT) {
          from = this.#go("between", text, from, i + 1);
        } else if (this.#place === "between") {
          from = this.#go("rest", text, from, i);
        }
      }
    }
    this.#keep(text.slice(from));
  }

  /** The answer, with an empty result. */
  end(): string {
    return this.#rest.join("");
  }

  #inString(char: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (char === ESCAPE) this.#isEscaped = true;
    else if (char === QUOTE) {
      this.#isInString = false;
      return;
    }
    if (this.#depth === IN_DATA && this.#key.length <= KEY.length) this.#key += String.fromCharCode(char);
  }

  /** What comes from `at` on belongs elsewhere. */
  #go(place: Place, text: string, from: number, at: number): number {
    this.#keep(text.slice(from, at));
    if (this.#place === "element") {
      const element = this.#element.join("");
      this.#element = [];
      this.#elementLength = 0;
      this.#onElement(element);
    }
    this.#place = place;
    return at;
  }

  #keep(text: string): void {
    if (this.#place === "between") return;
    if (this.#place === "element") {
      this.#elementLength += text.length;
      if (this.#elementLength > LONGEST_ELEMENT) throw new TypeError("a series of its answer has no end");
      this.#element.push(text);
    } else {
      this.#restLength += text.length;
      if (this.#restLength > LONGEST_REST) throw new TypeError("its answer is of no form that we know");
      this.#rest.push(text);
    }
  }
}
