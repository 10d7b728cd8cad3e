// Starts OpenTelemetry with the error tree for a program that knows nothing of it: node --import otel-error-tree/register app.js
import { missingPeers } from "./register/peers.ts";
import { isPackageManager } from "./register/program.ts";
import { isSwitchedOff } from "./register/switched-off.ts";
import { reasonOf, tell } from "./register/tell.ts";
import { setVariablesOfPm2 } from "./setup/program-file.ts";

setVariablesOfPm2();
// Nothing of OpenTelemetry is loaded before it is known to be there: the program starts in any case.
if (!isSwitchedOff() && !isPackageManager()) {
  const missing = missingPeers();
  try {
    if (missing !== undefined) tell(missing);
    else await (await import("./register/start.ts")).start();
  } catch (error) {
    tell(`could not start, the program runs without it: ${reasonOf(error)}`);
  }
}
