// `npm run e2e:redteam`: attacks on services that run the library; no request is harmed and nothing leaks.
import { printPassing } from "../../../collector-config/program/print.ts";
import { RunError } from "../../../collector-config/program/run-error.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import { harmedIn, printSummary, printTried, USAGE } from "./print.ts";
import type { Row, Tried } from "./row.ts";
import { ROWS } from "./rows.ts";
import { setStage } from "./stage.ts";

await runProgram({
  name: "redteam",
  usage: USAGE,
  options: { only: { type: "string", multiple: true }, short: { type: "boolean", default: false } },
  verdict: "no harm done",
  async run({ only, short }, undo) {
    const rows = readRows(only, short);
    const stage = await setStage(undo);
    const tried: Tried[] = [];
    for (const row of rows) {
      undo.assertNotOver();
      printPassing(`${tried.length + 1} of ${rows.length}: ${row.attack}`);
      const result = await row.run(stage);
      tried.push({ row, result });
      printTried({ row, result });
    }
    printSummary(tried);
    return harmedIn(tried);
  },
});

function readRows(only: readonly string[] | undefined, short: boolean): readonly Row[] {
  const named = ROWS.filter(
    ({ point, attack }) => only === undefined || only.some((text) => `${point} ${attack}`.includes(text)),
  );
  if (named.length === 0)
    throw new RunError(`no attack holds ${only?.map((text) => `"${text}"`).join(" or ")}`);
  return named.filter(({ long = false }) => !(short && long));
}
