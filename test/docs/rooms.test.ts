// Who imports whom: folders form no circle, nobody but test imports test, and no file of the library is long.
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MOST_LINES = 300;
/** The module of every import and export from a file, at run time or of types alone. */
const IMPORT =
  /^(?:import|export|\})\b[^;"]*?\bfrom "(\.[^"]*)"|^import "(\.[^"]*)"|\bimport\("(\.[^"]*)"\)/gm;

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = globSync("{src,test,examples,collector-config}/**/*.{ts,tsx,mjs,cjs}", { cwd: ROOT });
/** Without those in the texts of programs that a test writes. */
const imports: readonly Import[] = files
  .flatMap((from) =>
    [...readFileSync(join(ROOT, from), "utf8").matchAll(IMPORT)].map(([, ...specifiers]) => ({
      from,
      to: normalize(join(dirname(from), specifiers.find((one) => one !== undefined) ?? "")),
    })),
  )
  .filter(({ to }) => files.includes(to));

/** The folder beneath src, test and so on; beneath test/e2e one more. A file that stands in src itself is a room of its own. */
function roomOf(file: string): string {
  const folders = dirname(file).split("/");
  if (folders.length === 1 && folders[0] === "src") return file;
  return folders.slice(0, file.startsWith("test/e2e/") ? 3 : 2).join("/");
}

/** Rooms that import each other, also by others between them: Tarjan's strongly connected components. */
function circles(): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    if (roomOf(from) === roomOf(to)) continue;
    next.set(roomOf(from), (next.get(roomOf(from)) ?? new Set()).add(roomOf(to)));
  }
  const found: string[][] = [];
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (room: string): number => {
    const own = index.size;
    index.set(room, own);
    lowest.set(room, own);
    open.push(room);
    for (const other of next.get(room) ?? []) {
      const reached = index.has(other)
        ? open.includes(other)
          ? (index.get(other) as number)
          : own
        : visit(other);
      lowest.set(room, Math.min(lowest.get(room) as number, reached));
    }
    const low = lowest.get(room) as number;
    if (low === own) {
      const circle = open.splice(open.indexOf(room));
      if (circle.length > 1) found.push(circle.sort());
    }
    return low;
  };
  for (const room of next.keys()) if (!index.has(room)) visit(room);
  return found;
}

describe("rooms", () => {
  test("the imports of all files are seen", () => {
    expect(imports.length).toBeGreaterThan(1_000);
  });

  test("no two folders import each other, not even by others between them", () => {
    expect(circles()).toEqual([]);
  });

  test("nobody but test imports test", () => {
    expect(imports.filter(({ from, to }) => to.startsWith("test/") && !from.startsWith("test/"))).toEqual([]);
  });

  test("examples import their own files and packages, collector-config its own files", () => {
    const outside = imports.filter(
      ({ from, to }) =>
        /^(?:examples|collector-config)\//.test(from) && from.split("/")[0] !== to.split("/")[0],
    );
    expect(outside).toEqual([]);
  });

  test(`no file of src has more than ${MOST_LINES} lines`, () => {
    const long = files.filter(
      (file) =>
        file.startsWith("src/") &&
        readFileSync(join(ROOT, file), "utf8").trimEnd().split("\n").length > MOST_LINES,
    );
    expect(long).toEqual([]);
  });
});
