// Bundles one program as a user does. Arguments: esbuild or webpack, esm or cjs, entry, file to write.
import { resolve } from "node:path";
import { build } from "esbuild";
import webpack from "webpack";

const [bundler, format, entry, outfile] = process.argv.slice(2);
const file = resolve(outfile);

/** ES modules have no `require`, which CommonJS packages in the bundle call; CommonJS has no `import.meta.url`, which SDK 3 reads. */
const BANNERS = {
  esm: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);",
  cjs: "const urlOfBundle = require('node:url').pathToFileURL(__filename).href;",
};

if (bundler === "esbuild") {
  await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: "node",
    format,
    banner: { js: BANNERS[format] },
    define: format === "cjs" ? { "import.meta.url": "urlOfBundle" } : {},
    logLevel: "error",
  });
} else {
  const isModule = format === "esm";
  const stats = await new Promise((done, failed) => {
    webpack(
      {
        mode: "production",
        target: "node20",
        entry: resolve(entry),
        experiments: { outputModule: isModule },
        output: {
          path: resolve(file, ".."),
          filename: file.split("/").at(-1),
          module: isModule,
          chunkFormat: isModule ? "module" : "commonjs",
        },
      },
      (error, result) => (error ? failed(error) : done(result)),
    );
  });
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
}
