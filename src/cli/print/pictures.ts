// Writes the files of `--html` and `--svg`.
import { writeFileSync } from "node:fs";
import { drawTree } from "../../draw/tree-svg.ts";
import { InputError } from "../input/input-error.ts";
import { type PageTree, pageOf } from "../page/page.ts";
import { reasonOf } from "../reason.ts";

/** Files to write. */
export interface PictureFiles {
  /** A page of the trees that are printed. */
  readonly html?: string | undefined;
  /** A drawing of the first of them. */
  readonly svg?: string | undefined;
}

/** A page with more is slow to open and to read. */
const MOST_TREES = 100;

/** Keeps what is to be drawn until the end. */
export class Pictures {
  readonly #files: PictureFiles;
  readonly #trees: PageTree[] = [];
  #count = 0;

  constructor(files: PictureFiles) {
    this.#files = files;
  }

  add(tree: PageTree): void {
    const { html, svg } = this.#files;
    if (html === undefined && svg === undefined) return;
    this.#count++;
    if (this.#trees.length < (html === undefined ? 1 : MOST_TREES)) this.#trees.push(tree);
  }

  /**
   * Writes the files, unless there is no tree, which is said.
   *
   * @throws InputError if a file cannot be written
   */
  end(say: (text: string) => void): void {
    const { html, svg } = this.#files;
    const [first] = this.#trees;
    for (const file of [html, svg]) {
      if (file !== undefined && first === undefined) say(`${file} is not written: there is no tree to draw`);
    }
    if (first === undefined) return;
    if (html !== undefined) this.#write(html, () => pageOf(this.#trees), this.#trees.length, say);
    if (svg !== undefined) this.#write(svg, () => drawTree(first.tree, first).svg, 1, say);
  }

  #write(file: string, draw: () => string, trees: number, say: (text: string) => void): void {
    try {
      // Texts without bounds may give more than the longest string, which throws, too.
      writeFileSync(file, draw());
    } catch (error) {
      throw new InputError(`${file} cannot be written: ${reasonOf(error)}`);
    }
    const left = this.#count - trees;
    if (left > 0) say(`${file} leaves out ${left} more ${left === 1 ? "tree" : "trees"}`);
  }
}
