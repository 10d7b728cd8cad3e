// Writes lines to standard error, where a person sees them who has set up no logger.
import { writeSync } from "node:fs";

const STDERR = 2;
/** What each value of OTEL_LOG_LEVEL keeps out. Its default is `info`. */
const SILENT: Readonly<Record<string, readonly Level[]>> = {
  none: ["info", "warn"],
  error: ["info"],
  warn: ["info"],
};

type Level = "info" | "warn";

/** Writes what somebody has to mend. Never throws. */
export function tell(line: string): void {
  write("warn", line);
}

/** Writes what is as it should be. Never throws. */
export function tellInfo(line: string): void {
  write("info", line);
}

/** Not by `process.stderr`: if that is closed, its error would end the process a moment later. */
function write(level: Level, line: string): void {
  if (SILENT[process.env.OTEL_LOG_LEVEL?.trim().toLowerCase() ?? ""]?.includes(level)) return;
  try {
    writeSync(STDERR, `otel-error-tree: ${line}\n`);
  } catch {
    // Nobody listens.
  }
}

/** What was thrown, in one line. */
export function reasonOf(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return text.replace(/\s+/g, " ").slice(0, 500);
  } catch {
    return "an error that cannot be shown";
  }
}
