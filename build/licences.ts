// Collects the licences of the packages of which something is in a bundle.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Metafile } from "esbuild";

/**
 * Writes the licences of all packages of which a part is in what was built.
 *
 * @param inlined - folders of packages that a package of them brings within its own files
 */
export function writeLicences(
  outputs: Metafile["outputs"],
  file: string,
  inlined: readonly string[] = [],
): void {
  /** Packages by the text of their licence, which many share. */
  const licences = new Map<string, Set<string>>();
  const taken = Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  for (const folder of [...taken.flatMap(([input]) => folderOf(input) ?? []), ...inlined]) {
    const text = licenceOf(folder);
    licences.set(text, (licences.get(text) ?? new Set()).add(nameIn(folder) as string));
  }
  const parts = [...licences].map(([text, names]) => `${[...names].sort().join("\n")}\n\n${text}\n`);
  writeFileSync(file, parts.join("\n\n"));
}

/** The folder of the package that a file in node_modules belongs to. */
function folderOf(file: string): string | undefined {
  if (!file.startsWith("node_modules/")) return undefined;
  let folder = dirname(file);
  while (!existsSync(join(folder, "package.json")) || nameIn(folder) === undefined) folder = dirname(folder);
  return folder;
}

function nameIn(folder: string): string | undefined {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return name === undefined || version === undefined ? undefined : `${name} ${version}`;
}

/** @throws if a package has no licence that could be given with it */
function licenceOf(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} has no file with its licence`);
  return readFileSync(join(folder, file), "utf8").trim();
}
