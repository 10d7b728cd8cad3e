// Builds the pictures that are asked for: one a turn of the loop, and once for all who wait for the same.
import type { Work } from "../../otlp/work.ts";
import { Turns } from "../intake/turns.ts";
import type { Observatory, Span } from "./observatory.ts";
import { Refusal } from "./refusal.ts";

/** Different ones that are waited for. One of very many edges takes some 50 milliseconds. */
const MOST_WAITING = 100;

/** All pictures of one server go through one of these. */
export class Pictures {
  readonly #observatory: Pick<Observatory, "picture">;
  readonly #turns = new Turns();
  readonly #waiting = new Map<string, Promise<string>>();

  constructor(observatory: Pick<Observatory, "picture">) {
    this.#observatory = observatory;
  }

  /**
   * The picture of a time, as JSON.
   *
   * @throws Refusal if too many are waited for
   */
  async of(span: Span): Promise<string> {
    const id = JSON.stringify(span);
    const waiting = this.#waiting.get(id);
    if (waiting !== undefined) return waiting;
    if (this.#waiting.size >= MOST_WAITING)
      throw new Refusal(503, "Too many pictures are asked for at once.", { "retry-after": "1" });
    const picture = this.#turns.run(this.#build(id, span));
    this.#waiting.set(id, picture);
    return picture;
  }

  *#build(id: string, span: Span): Work<string> {
    yield;
    this.#waiting.delete(id);
    return JSON.stringify(this.#observatory.picture(span));
  }
}
