// Matches edges by the names of caller and callee, with `*` for any characters, and says which of two patterns is more specific.

/** Names of both ends; `*` stands for any characters, also none. */
export interface EdgePattern {
  readonly client: string;
  readonly server: string;
}

/** Reads `checkout -> payment`; `undefined` if it is no edge. The arrow stands between spaces: names may hold `->`. */
export function readEdgePattern(text: string): EdgePattern | undefined {
  const [client, server, ...more] = text.split(/\s->\s/).map((name) => name.trim());
  if (!client || !server || more.length > 0) return undefined;
  return { client, server };
}

export function matchesEdge(pattern: EdgePattern, edge: EdgePattern): boolean {
  return matchesName(pattern.server, edge.server) && matchesName(pattern.client, edge.client);
}

/** Below 0 if `a` is less specific than `b`: the callee's names are compared first, then the caller's. */
export function compareSpecificity(a: EdgePattern, b: EdgePattern): number {
  return (
    specificityOf(a.server) - specificityOf(b.server) || specificityOf(a.client) - specificityOf(b.client)
  );
}

export function isWholeName(pattern: string): boolean {
  return !pattern.includes("*");
}

/** A whole name is more specific than any pattern; of patterns, the one with more letters. */
function specificityOf(pattern: string): number {
  return isWholeName(pattern) ? Number.MAX_SAFE_INTEGER : pattern.replaceAll("*", "").length;
}

/** Goes back to the last `*` alone, so that it takes at most the product of both lengths: a regular expression could take far longer. */
function matchesName(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let taken = 0;
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = p++;
      taken = n;
    } else if (pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
