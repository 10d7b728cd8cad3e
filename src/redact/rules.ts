// Rules that a service adds to the redactor's own: further names of secrets, and what always stays.
import { lastTwoOf, lettersOf, type NameRules, plainName } from "./names.ts";
import { templateOf } from "./template.ts";
import { redactText } from "./text.ts";

/** Rules of a service as it declares them. */
interface RedactionRules {
  readonly names?: readonly string[] | undefined;
  readonly allow?: readonly string[] | undefined;
}

/** Rules as the readers of a text need them. */
export interface Rules extends NameRules {
  readonly beginnings: readonly string[];
  readonly words: ReadonlySet<string>;
}

/** Reads rules once; `undefined` if there are none. */
export function compileRules({ names = [], allow = [] }: RedactionRules): Rules | undefined {
  if (names.length === 0 && allow.length === 0) return undefined;
  const plain = names.map((name) => plainName(name, 0, name.length));
  const beginnings = allow.filter((name) => /[_-]$/.test(name));
  const stays = allow.filter((name) => !beginnings.includes(name));
  return {
    names: new Set(plain),
    allow: new Set(stays.map((name) => plainName(name, 0, name.length))),
    lastTwo: lastTwoOf(plain),
    letters: lettersOf([...names, ...stays]),
    beginnings,
    words: new Set(allow.map((word) => word.toLowerCase())),
  };
}

/** The redactor with these rules. */
export function redactorWith(rules: Rules | undefined): (text: string) => string {
  return rules === undefined ? redactText : (text) => redactText(text, rules);
}

/** What is left of a text may look like a value: it is read again until nothing changes. */
const MOST_ROUNDS = 4;

/** Makes templates of messages, with these rules, by a redactor that knows them. Applied twice it does no more than once. */
export function templatesWith(
  rules: Rules | undefined,
  redact: (text: string) => string,
): (text: string) => string {
  return (text) => {
    let template = text;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = template;
      template = templateOf(redact(before), rules?.words);
      if (template === before) break;
    }
    return template;
  };
}
