// `npm run picture` draws the README's picture: the tree that the demo's services answer. With `--check` it writes nothing, and fails
// if the picture in docs/images is another one.
import { readFileSync, writeFileSync } from "node:fs";
import { FAULTS } from "../../../src/cli/demo/faults.ts";
import { placeOrder } from "../../../src/cli/demo/order.ts";
import { startServices } from "../../../src/cli/demo/services.ts";
import { drawTree } from "../../../src/draw/tree-svg.ts";

const FILE = new URL("../../../docs/images/tree.svg", import.meta.url);

const services = await startServices();
try {
  const { tree } = await placeOrder(`${services.url}?fault=${FAULTS[0].key}`, { asks: true });
  if (tree === undefined) throw new Error("the demo answered without a tree");
  settle(drawTree(tree).svg);
} finally {
  await services.stop();
}

function settle(svg: string): void {
  if (!process.argv.includes("--check")) writeFileSync(FILE, svg);
  else if (readFileSync(FILE, "utf8") !== svg) {
    process.stderr.write(
      "docs/images/tree.svg is not what the demo answers. Run `npm run picture` and commit it.\n",
    );
    process.exitCode = 1;
  }
}
