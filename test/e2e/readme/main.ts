// `npm run e2e:readme`: the README's quick start in an empty folder, with the packed library and the packages that step 1 names.
import { runProgram } from "../../../collector-config/program/run-program.ts";
import { install } from "../../support/installed/install.ts";
import { closedPort } from "../../support/sockets.ts";
import { DOCTOR, INSTALL, LOOK, OUTPUT, type Place, runCommand, startQuickStart } from "./quick-start.ts";

const USAGE = `Usage: npm run e2e:readme

Installs the packed library in an empty folder as step 1 of the README's quick start says, with the newest packages that npm finds,
and does the other steps word by word. What step 4 prints must be what the README shows.
`;

await runProgram({
  name: "e2e:readme",
  usage: USAGE,
  options: {},
  verdict: "the quick start does what it says",
  run: async (_, undo) => {
    const [, , ...packages] = INSTALL.split(" ").filter((name) => name !== "otel-error-tree");
    const folder = await install({ packages: [...packages, "express"], undo });
    const env = { OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none", OTEL_TRACES_EXPORTER: "none" };
    const place: Place = { folder, ports: [await closedPort(), await closedPort()], env, undo };
    await startQuickStart(place);
    const look = await runCommand(LOOK, place);
    const doctor = await runCommand(DOCTOR, place);
    const failures: string[] = [];
    if (!look.out.includes(OUTPUT)) failures.push(`step 4 prints something else:\n${look.out}`);
    if (doctor.code !== 0) failures.push(`the doctor finds something wrong:\n${doctor.out}`);
    return failures;
  },
});
