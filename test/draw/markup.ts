// Reads markup more strictly than a browser does: whatever is not plainly an element or escaped text is refused.

/** An element as it was written. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The texts directly within it, put together. */
  text: string;
}

const TAG = /<(\/?)([a-zA-Z]+[0-9]?)((?: [a-zA-Z:-]+="[^"<>]*")*)(\/?)>/y;
const TEXT = /[^<>]+/y;
const ATTRIBUTE = / ([a-zA-Z:-]+)="([^"]*)"/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
// biome-ignore lint/suspicious/noControlCharactersInRegex: what XML 1.0 does not allow
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/**
 * All elements in the order of their start tags.
 *
 * @throws Error at the first place that is no well-formed XML of elements, attributes in double quotes, and text
 */
export function readMarkup(markup: string): Element[] {
  if (FORBIDDEN.test(markup)) throw new Error("a character that XML does not allow");
  const all: Element[] = [];
  const open: Element[] = [];
  for (let at = 0; at < markup.length; ) {
    TAG.lastIndex = at;
    TEXT.lastIndex = at;
    const tag = TAG.exec(markup);
    const text = tag === null ? TEXT.exec(markup) : null;
    if (tag !== null) {
      const [, closing, name = "", attributes = "", alone] = tag;
      if (closing === "/") {
        if (open.pop()?.name !== name) throw new Error(`</${name}> closes something else`);
      } else {
        const element = { name, attributes: readAttributes(attributes), text: "" };
        all.push(element);
        if (alone !== "/") open.push(element);
      }
      at = TAG.lastIndex;
    } else if (text !== null) {
      const within = open.at(-1);
      if (within !== undefined) within.text += within.name === "style" ? text[0] : unescaped(text[0]);
      at = TEXT.lastIndex;
    } else {
      throw new Error(`no markup: ${markup.slice(at, at + 60)}`);
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)?.name}> is not closed`);
  return all;
}

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(ATTRIBUTE)) {
    if (attributes.has(name)) throw new Error(`${name} twice`);
    attributes.set(name, unescaped(value));
  }
  return attributes;
}

function unescaped(text: string): string {
  return text.replace(/&([^;]*)(;?)/g, (whole, name: string, end: string) => {
    const char = ENTITIES[name];
    if (char === undefined || end === "") throw new Error(`no entity: ${whole}`);
    return char;
  });
}
