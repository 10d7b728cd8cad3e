// Reads label matchers that a user gives for every query.

const MATCHER = /^\s*[a-zA-Z_]\w*\s*(?:=~|!~|!=|=)\s*(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*/;

/**
 * Reads `job="collector",env=~"prod.*"`, also in braces. Returns it without them, empty if there is nothing in them;
 * `undefined` if it is no list of matchers, so that nothing of it could leave the braces that it is put into.
 */
export function readSelector(text: string): string | undefined {
  const matchers = text.trim().replace(/^\{(.*)\}$/s, "$1");
  let rest = matchers;
  while (rest.trim() !== "") {
    const [matcher] = MATCHER.exec(rest) ?? [];
    if (matcher === undefined) return undefined;
    rest = rest.slice(matcher.length);
    if (rest === "") break;
    if (!rest.startsWith(",")) return undefined;
    rest = rest.slice(1);
  }
  return matchers.trim().replace(/,$/, "").trim();
}
