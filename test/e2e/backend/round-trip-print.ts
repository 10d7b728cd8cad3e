// What the comparison of headers and backend prints, and what of it is wrong.
import { styleText } from "node:util";
import { print } from "../../../collector-config/program/print.ts";
import { aligned } from "../../support/table.ts";
import type { RoundTripReport } from "./round-trip.ts";

/** Most of the trees that may be left out of the comparison, as a share. */
const MOST_LEFT_OUT = 0.05;

/** One row a kind of request; the trees that were compared had these marks. */
export function printRoundTrip(report: RoundTripReport): void {
  const { requests, sound, notExported, equal, omitted, late, shapes, marks, problems } = report;
  print(styleText("bold", "── the tree in the header, and the one of the spans in Jaeger"));
  print(
    aligned([
      ["requests", "nothing failed", "not exported", "equal trees", "omitted", "late", ""],
      [
        ...[requests, sound, notExported, equal, omitted, late].map(String),
        problems.length === 0 ? "ok" : "WRONG",
      ],
    ]),
  );
  const share = (100 * leftOutShare(report)).toFixed(1);
  print(
    `left out of ${requests} requests: ${omitted + late}, ${share} % (less than ${100 * MOST_LEFT_OUT} % may be)`,
  );
  print(`${shapes} different shapes, with ${marks.join(", ") || "no marks"}\n`);
}

/** What is wrong; also where so much was left out, or so little failed, that the comparison says little. */
export function roundTripProblems(report: RoundTripReport): string[] {
  const problems = [...report.problems];
  if (leftOutShare(report) >= MOST_LEFT_OUT)
    problems.push(`${report.omitted + report.late} of ${report.requests} requests were left out`);
  if (report.equal === 0) problems.push("no tree was compared");
  return problems;
}

function leftOutShare({ omitted, late, requests }: RoundTripReport): number {
  return (omitted + late) / requests;
}
