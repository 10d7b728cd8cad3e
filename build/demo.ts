// Puts the SDK of the demo's services into one file, because who tries the demo has no OpenTelemetry installed.
import { build } from "esbuild";
import { writeLicences } from "./licences.ts";

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

writeLicences(metafile.outputs, "dist/demo/sdk.licences.txt");
