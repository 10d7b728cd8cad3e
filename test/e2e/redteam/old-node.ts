// The oldest Node that is supported, with OpenTelemetry SDK 2: the packed library and the service under attack, installed apart.
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const HERE = fileURLToPath(new URL("./", import.meta.url));
/** What programs here import from elsewhere. */
const SHARED = [
  "process/in-child.ts",
  "clients.ts",
  "head-forms.ts",
  "limited-set-up.ts",
  "limits.ts",
  "start-sdk.ts",
].map((file) => fileURLToPath(new URL(`../../support/${file}`, import.meta.url)));

/** What goes together on SDK 2; clients of HTTP in the newest versions that run on Node 20. */
const PACKAGES: Readonly<Record<string, string>> = {
  "@opentelemetry/api": "1.9.1",
  "@opentelemetry/core": "2.12.1",
  "@opentelemetry/sdk-node": "0.223.0",
  "@opentelemetry/sdk-trace": "2.12.1",
  "@opentelemetry/instrumentation-http": "0.223.0",
  "@opentelemetry/instrumentation-undici": "0.33.0",
  axios: "1.21.1",
  got: "14.6.5",
  "node-fetch": "3.3.2",
  undici: "7.30.2",
};
/** How a service is started there, or why it cannot be. */
export type OldNode =
  | { readonly node: string; readonly program: URL; readonly version: string }
  | { readonly why: string };

/** Installs all of it in a folder; needs the registry, and takes its time. */
export async function installOldNode(folder: string): Promise<OldNode> {
  const found = await findNode20();
  if (found === undefined) return { why: "no Node 20 on the path here" };
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  try {
    const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], {
      cwd: REPOSITORY,
    });
    const packed = `./${stdout.trim().split("\n").at(-1)}`;
    const names = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
    const options = ["--loglevel=error", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    await run("npm", ["install", ...options, packed, ...names], { cwd: folder });
  } catch (error) {
    return {
      why: `npm install failed: ${String((error as { stderr?: string }).stderr ?? error)
        .trim()
        .split("\n")
        .at(-1)}`,
    };
  }
  for (const file of [...readdirSync(HERE).map((name) => join(HERE, name)), ...SHARED]) {
    if (!file.endsWith(".ts")) continue;
    const source = stripTypeScriptTypes(readFileSync(file, "utf8"));
    // All of them stand in one folder there, and the built library is the packed one.
    const moved = source
      .replaceAll(/from "[^"]*\/dist\/setup\.js"/g, 'from "./node_modules/otel-error-tree/dist/setup.js"')
      .replaceAll(/from "\.[^"]*\/([^"/]*)\.ts"/g, 'from "./$1.js"');
    writeFileSync(join(folder, basename(file, ".ts").concat(".js")), moved);
  }
  return { ...found, program: new URL(`file://${folder}/victim.js`) };
}

async function findNode20(): Promise<{ readonly node: string; readonly version: string } | undefined> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const node = join(folder, "node");
    const version = await run(node, ["--version"]).then(
      ({ stdout }) => stdout.trim(),
      () => "",
    );
    if (version.startsWith("v20.")) return { node, version };
  }
  return undefined;
}
