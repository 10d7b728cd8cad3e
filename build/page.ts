// Puts the page of the observatory and its worker into one file each: a browser loads nothing but them.
import { copyFileSync } from "node:fs";
import { build } from "esbuild";
import { writeLicences } from "./licences.ts";

const FROM = "src/observatory/page";
const TO = "dist/observatory/page";

const { metafile } = await build({
  entryPoints: {
    page: `${FROM}/main.tsx`,
    "layout-worker": `${FROM}/layout-worker.ts`,
  },
  outdir: TO,
  bundle: true,
  platform: "browser",
  // A worker that is started by its address alone is a classic script.
  format: "iife",
  target: ["chrome111", "firefox114", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  metafile: true,
  // The licences are in a file of their own.
  legalComments: "none",
  logLevel: "warning",
});
await build({
  entryPoints: { page: `${FROM}/style/page.css` },
  outdir: TO,
  bundle: true,
  minify: true,
  logLevel: "warning",
});
copyFileSync(`${FROM}/index.html`, `${TO}/index.html`);
writeLicences(metafile.outputs, `${TO}/licences.txt`, ["node_modules/@dagrejs/graphlib"]);
