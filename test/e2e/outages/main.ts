// `npm run e2e:outages`: a program of the pipeline is away for a while, under load; what failed is in Jaeger in the end.
import { readNames, readNumber } from "../../../collector-config/program/arguments.ts";
import { printProgress } from "../../../collector-config/program/print.ts";
import { runProgram } from "../../../collector-config/program/run-program.ts";
import { requirePrograms } from "../../../collector-config/run/single.ts";
import { PROGRAMS } from "../../../collector-config/tools/files.ts";
import { type OutageReport, perform, queueFor } from "./perform.ts";
import { printReport, problemsOf, USAGE } from "./print.ts";
import { OUTAGES } from "./scenes.ts";

await runProgram({
  name: "outages",
  usage: USAGE,
  options: {
    only: { type: "string" },
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "50" },
  },
  verdict: "nothing was lost",
  async run(values, undo) {
    const only = readNames("--only", values.only, OUTAGES);
    const seconds = readNumber("--seconds", values.seconds, 1, 3_600);
    const perSecond = readNumber("--rate", values.rate, 5, 300);
    requirePrograms(...(Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]));
    const reports: OutageReport[] = [];
    for (const outage of only) {
      reports.push(await perform(outage, { seconds, perSecond, progress: printProgress }, undo));
    }
    printReport(reports, seconds, queueFor({ seconds, perSecond }));
    return problemsOf(reports);
  },
});
