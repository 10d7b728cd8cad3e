// Making the spool folder: several processes that start, or end, together do it at one time.
import fs, { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { prepare } from "../../src/spool/folder.ts";
import { thisProcess } from "../../src/spool/owner.ts";
import { writeFile } from "../../src/spool/write-file.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "spool-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a nested folder that several make at one time can be used by all of them", async () => {
  const folder = join(temporaryFolder(), "a", "b", "c");
  await Promise.all(Array.from({ length: 8 }, () => prepare(folder)));
  expect(existsSync(folder)).toBe(true);
});

test("a nested folder that another process makes while this one ends is written to", () => {
  const parent = join(temporaryFolder(), "parent");
  const folder = join(parent, "spool");
  const mkdir = fs.mkdirSync;
  const spy = vi.spyOn(fs, "mkdirSync").mockImplementation((path, options) => {
    if (path === parent) mkdir(folder, { recursive: true });
    return mkdir(path, options);
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  writeFile({ folder, target: 0, lines: [Buffer.from("{}\n")], owner: thisProcess() });
  expect(readdirSync(folder)).toHaveLength(1);
});
