// `npm run api` writes docs/api.md, the public API as dist/ has it. With `--check` it writes nothing, and fails if the page differs.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CONFIG = fileURLToPath(new URL("api-extractor.json", import.meta.url));
const MANIFEST = join(ROOT, "package.json");
/** Where the configuration has the report written. */
const FOLDER = join(ROOT, ".tools", "api");
const PAGE = join(ROOT, "docs", "api.md");

/** The extractor says so of every entry: its comment of a whole package means another tag than ours. */
const NO_COMMENT = "// (No @packageDocumentation comment for this package)\n\n";

const INTRODUCTION = `# Public API

What each import path of the package has. Written by \`npm run api\` from the built declarations; \`npm run check\` fails if they
differ, so that no change of the API goes unnoticed.
`;

interface Entry {
  /** As a program imports it. */
  readonly path: string;
  /** The declarations, as an absolute path. */
  readonly types: string;
}

/** The public entries: those that package.json exports with types. */
function entries(): Entry[] {
  const { name, exports } = JSON.parse(readFileSync(MANIFEST, "utf8")) as {
    name: string;
    exports: Readonly<Record<string, string | { readonly types: string }>>;
  };
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [{ path: name + path.slice(1), types: join(ROOT, target.types) }],
  );
}

function configOf({ types }: Entry): ExtractorConfig {
  const configObject = { ...ExtractorConfig.loadFile(CONFIG), mainEntryPointFilePath: types };
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: CONFIG,
    packageJsonFullPath: MANIFEST,
  });
}

/** The declarations of one entry as a block of TypeScript; one sentence if it has none. */
function report(config: ExtractorConfig, compilerState: CompilerState): string {
  const problems: string[] = [];
  Extractor.invoke(config, {
    localBuild: true,
    compilerState,
    messageCallback: (message) => {
      if (message.logLevel === "error") problems.push(message.formatMessageWithLocation(ROOT));
      message.handled = true;
    },
  });
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const text = readFileSync(join(FOLDER, "new", "api.api.md"), "utf8").replace(NO_COMMENT, "");
  return /^export /m.test(text)
    ? text.slice(text.indexOf("```ts"))
    : "It exports nothing: it is there for `node --import`.\n";
}

mkdirSync(FOLDER, { recursive: true });
const all = entries();
const configs = all.map(configOf);
const state = CompilerState.create(configs[0] as ExtractorConfig, {
  additionalEntryPoints: all.map(({ types }) => types),
});
const sections = configs.map((config, i) => `## \`${all[i]?.path}\`\n\n${report(config, state)}`);
const page = `${INTRODUCTION}\n${sections.join("\n")}`;
if (!process.argv.includes("--check")) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, "utf8") !== page) {
  process.stderr.write(
    "docs/api.md is not the public API any more. Run `npm run api`, look at the difference and commit it.\n",
  );
  process.exitCode = 1;
}
