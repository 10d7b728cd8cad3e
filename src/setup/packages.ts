// Loads packages that the environment asks for from NodeSDK, whose dependencies they are.
import { existsSync } from "node:fs";
// By its name webpack would take `createRequire` for its own, and a banner of a bundle may have declared it.
import nodeModule from "node:module";
import { programFile } from "./program-file.ts";

/** What a package exports. */
export type Exports = Readonly<Record<string, unknown>>;

/** Loads the last of these packages, each of which is a dependency of the one before, the first one of NodeSDK. */
export function load(...way: readonly string[]): Exports {
  const here = nodeModule.createRequire(ownPlace());
  const name = way.at(-1) as string;
  try {
    let from = here;
    for (const one of ["@opentelemetry/sdk-node", ...way.slice(0, -1)])
      from = nodeModule.createRequire(from.resolve(one));
    return from(name) as Exports;
  } catch {
    return here(name) as Exports;
  }
}

/** Bundlers that write CommonJS leave `import.meta.url` empty. Packages that are not in the bundle are then found from the program. */
function ownPlace(): string {
  return ownUrl() ?? programFile() ?? `${process.cwd()}/`;
}

function ownUrl(): string | undefined {
  return (import.meta as { url?: string }).url;
}

/**
 * Whether this code is part of a bundle, where a package is not found by its name. Webpack writes down where the file was when
 * it was bundled, other bundlers where the bundle is.
 */
export function isInBundle(): boolean {
  const url = ownUrl();
  return url === undefined || !/\/setup\/packages\.[jt]s$/.test(url) || !existsSync(new URL(url));
}
