// Puts the SDK of the demo's services into one file, because who tries the demo has no OpenTelemetry installed.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const { metafile } = await build({
  entryPoints: ["src/demo/sdk.ts"],
  outfile: "dist/demo/sdk.js",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  minify: true,
  metafile: true,
  // Of a spool, which the demo does not have.
  external: ["@opentelemetry/otlp-transformer"],
  // Packages in CommonJS call `require`, which an ES module does not have.
  banner: {
    js: 'import { createRequire as requireOfBundle } from "node:module"; const require = requireOfBundle(import.meta.url);',
  },
  // The licences are in a file of their own.
  legalComments: "none",
  logLevel: "warning",
});

/** Packages by the text of their licence, which many share. */
const licences = new Map<string, Set<string>>();
const taken = Object.entries(metafile.outputs["dist/demo/sdk.js"]?.inputs ?? {}).filter(
  ([, { bytesInOutput }]) => bytesInOutput > 0,
);
for (const folder of taken.flatMap(([file]) => folderOf(file) ?? [])) {
  const text = licenceOf(folder);
  licences.set(text, (licences.get(text) ?? new Set()).add(nameIn(folder) as string));
}
const parts = [...licences].map(([text, names]) => `${[...names].sort().join("\n")}\n\n${text}\n`);
writeFileSync("dist/demo/sdk.licences.txt", parts.join("\n\n"));

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
