// The committed code of the message is what the generator makes of it today.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const TEMPLATE = "test/support/wire/buf.gen.yaml";
const COMMITTED = "test/support/wire/generated";
const BIN = "node_modules/.bin";

async function contents(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return Object.fromEntries(names.map((name, i) => [name, texts[i] as string]));
}

test("the generated code is not stale (npm run generate)", async () => {
  const folder = await mkdtemp(join(tmpdir(), "error-tree-generated-"));
  try {
    const path = [dirname(process.execPath), BIN, process.env.PATH].join(delimiter);
    await promisify(execFile)(join(BIN, "buf"), ["generate", "--template", TEMPLATE, "-o", folder], {
      env: { ...process.env, PATH: path },
    });
    expect(await contents(COMMITTED)).toStrictEqual(await contents(join(folder, COMMITTED)));
  } finally {
    await rm(folder, { recursive: true });
  }
});
