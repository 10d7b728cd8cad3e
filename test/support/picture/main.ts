// `npm run picture` draws the README's pictures: the tree that the demo's services answer, and the error of docs/errors.md, whose
// text is what a program printed. With `--check` it writes nothing, and fails if a picture in docs/images is another one.
import { readFileSync, writeFileSync } from "node:fs";
import { FAULTS } from "../../../src/cli/demo/faults.ts";
import { placeOrder } from "../../../src/cli/demo/order.ts";
import { startServices } from "../../../src/cli/demo/services.ts";
import { drawTree } from "../../../src/draw/tree-svg.ts";
import { terminalSvg } from "./terminal-svg.ts";

const DOCS = new URL("../../../docs/", import.meta.url);

const services = await startServices();
try {
  const { tree } = await placeOrder(`${services.url}?fault=${FAULTS[0].key}`, { asks: true });
  if (tree === undefined) throw new Error("the demo answered without a tree");
  settle("tree.svg", drawTree(tree).svg, "the demo answers");
} finally {
  await services.stop();
}
const page = readFileSync(new URL("errors.md", DOCS), "utf8");
const [, printed] = /<!-- printed: header -->\n```text\n(.*?)\n```/s.exec(page) ?? [];
if (printed === undefined) throw new Error("docs/errors.md shows no printed error");
settle("error.svg", terminalSvg(printed), "docs/errors.md shows");

function settle(name: string, svg: string, origin: string): void {
  const file = new URL(`images/${name}`, DOCS);
  if (!process.argv.includes("--check")) writeFileSync(file, svg);
  else if (readFileSync(file, "utf8") !== svg) {
    process.stderr.write(
      `docs/images/${name} is not what ${origin}. Run \`npm run picture\` and commit it.\n`,
    );
    process.exitCode = 1;
  }
}
