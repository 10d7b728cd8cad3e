// Finds the file that the program starts with. Imports nothing: it is asked before it is known that OpenTelemetry is installed.
import { basename } from "node:path";

/** The file that node was given: `undefined` if it was given none. Under pm2 that is a file of pm2, which names the program's. */
export function programFile(): string | undefined {
  const file = process.argv[1];
  return isOfPm2(file) ? (process.env.pm_exec_path ?? file) : file;
}

/**
 * In cluster mode pm2 hands the variables of a program over as one, and sets them just before it loads the program, which is after
 * `--import`. Sets them now.
 */
export function setVariablesOfPm2(): void {
  if (!isOfPm2(process.argv[1])) return;
  try {
    const variables: object = JSON.parse(process.env.pm2_env ?? "{}");
    for (const [name, value] of Object.entries(variables)) {
      if (typeof value === "string") process.env[name] = value;
    }
  } catch {
    // pm2 stumbles over them itself, a moment later.
  }
}

/** `ProcessContainerFork.js`, or `ProcessContainer.js` in cluster mode. */
function isOfPm2(file = ""): boolean {
  return basename(file).startsWith("ProcessContainer");
}
