// Reads the parts of a YAML file, and collects what is wrong with it by line and column.
import {
  type Document,
  isAlias,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { byPlace, type Problem } from "./problem.ts";

/** Longest text of the file that a message repeats, in characters. */
const MOST_QUOTED = 60;
/** An edge whose first name begins with `*`, without quotes: YAML takes it for an alias, and the rest of the file for nothing. */
const BARE_STAR = /^(\s*)(\*[^"':]*->[^:]*):/;

/** One file. */
export class YamlReader {
  readonly root: Node | null;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;
  readonly #problems: Problem[] = [];
  /** Lines that are no YAML: what is said of their parts would only repeat it. */
  readonly #broken = new Set<number>();

  constructor(text: string) {
    let document = this.#parse(text);
    const lines = text.split("\n");
    const isBare = (offset: number): boolean => BARE_STAR.test(lines[this.#placeAt(offset).line - 1] ?? "");
    if (document.errors.some(({ pos }) => isBare(pos[0]))) {
      document = this.#parse(lines.map((line, i) => this.#quoted(line, i + 1)).join("\n"));
    }
    for (const { pos, message } of document.errors) {
      const place = this.#placeAt(pos[0]);
      if (this.#broken.has(place.line)) continue;
      this.#problems.push({ ...place, text: message });
      this.#broken.add(place.line);
    }
    this.#document = document;
    this.root = document.contents;
  }

  /** What is wrong, in the order of the file. */
  get problems(): Problem[] {
    return this.#problems.toSorted(byPlace);
  }

  problem(node: Node | null, text: string): void {
    const place = this.placeOf(node);
    if (!this.#broken.has(place.line)) this.#problems.push({ ...place, text });
  }

  placeOf(node: Node | null): { readonly line: number; readonly column: number } {
    return this.#placeAt(node?.range?.[0] ?? 0);
  }

  /** What an alias stands for, or the node itself. */
  resolve(node: unknown): Node | undefined {
    if (isAlias(node)) return node.resolve(this.#document as Document);
    return isNode(node) ? node : undefined;
  }

  /** A scalar as the file has it; `undefined` if it is none, or empty. */
  textOf(node: Node): string | undefined {
    if (!isScalar(node) || node.value === null) return undefined;
    return (node.source ?? String(node.value)).trim();
  }

  quote(node: Node): string {
    const text = this.textOf(node);
    if (text === undefined) return isScalar(node) ? "nothing" : "something else";
    return `"${text.length > MOST_QUOTED ? `${text.slice(0, MOST_QUOTED)}…` : text}"`;
  }

  /** The values of a map by key; keys that are not among `known` are problems, and left out. */
  fieldsOf(map: YAMLMap, known: readonly string[]): Map<string, Node> {
    const fields = new Map<string, Node>();
    for (const [key, value] of this.pairsOf(map)) {
      const name = this.textOf(key) ?? "";
      if (known.includes(name)) fields.set(name, value);
      else this.problem(key, `expected ${known.join(", ")}, got ${this.quote(key)}`);
    }
    return fields;
  }

  /** Keys and values of a map; a key without a value is a problem, and left out. */
  pairsOf(map: YAMLMap): [key: Node, value: Node][] {
    const pairs: [Node, Node][] = [];
    for (const { key, value } of map.items) {
      const [name, content] = [this.resolve(key), this.resolve(value)];
      if (name === undefined) continue;
      if (content === undefined || (isScalar(content) && content.value === null)) {
        this.problem(name, `${this.quote(name)} has no value`);
      } else {
        pairs.push([name, content]);
      }
    }
    return pairs;
  }

  #parse(text: string): Document.Parsed {
    this.#lines.lineStarts.length = 0;
    return parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  /** The line with quotes, if it lacks them, so that the rest of the file can be read. */
  #quoted(line: string, number: number): string {
    const [, indent, edge] = BARE_STAR.exec(line) ?? [];
    if (indent === undefined || edge === undefined) return line;
    const text = `a name that begins with * has to stand in quotes, as "${edge}"`;
    this.#problems.push({ line: number, column: indent.length + 1, text });
    this.#broken.add(number);
    return line.replace(edge, () => `"${edge}"`);
  }

  #placeAt(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}
