import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const TEST = new URL("../../../", import.meta.url);
/** What is copied beside each commit. */
const COPIED = ["bench/", "support/process/"];
/** Modules that a file loads; types alone load nothing. */
const LOADED = /^(?:import(?! type)|export(?! type)|\})\b[^;"]*?\bfrom "(\.[^"]*)"|\bimport\("(\.[^"]*)"\)/gm;

/** All files that a program loads, itself among them. */
function loadedBy(program: URL, found = new Set<string>()): Set<string> {
  if (found.has(program.href)) return found;
  found.add(program.href);
  for (const [, from, loaded] of readFileSync(program, "utf8").matchAll(LOADED)) {
    loadedBy(new URL((from ?? loaded) as string, program), found);
  }
  return found;
}

test.each(["bench/middle/service.ts", "bench/middle/grpc-service.ts"])(
  "%s runs beside another commit: it loads nothing but what is copied there",
  (program) => {
    const loaded = [...loadedBy(new URL(program, TEST))].map((file) =>
      fileURLToPath(file).slice(fileURLToPath(TEST).length),
    );
    expect(loaded.length).toBeGreaterThan(3);
    expect(loaded.filter((file) => !COPIED.some((folder) => file.startsWith(folder)))).toEqual([]);
  },
);
